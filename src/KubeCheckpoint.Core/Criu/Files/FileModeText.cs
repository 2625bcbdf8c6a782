namespace KubeCheckpoint.Criu.Files;

/// <summary>A mode as <c>ls -l</c> shows it. Bits from Linux, include/uapi/linux/stat.h.</summary>
internal static class FileModeText
{
    public const uint TypeMask = 0xf000;
    public const uint CharacterDevice = 0x2000;
    public const uint Directory = 0x4000;
    public const uint BlockDevice = 0x6000;

    private const uint SetUser = 0x800;
    private const uint SetGroup = 0x400;
    private const uint Sticky = 0x200;

    public static string Of(uint mode)
    {
        Span<char> text = stackalloc char[10];
        text[0] = TypeOf(mode);
        for (var bit = 0; bit < 9; bit++)
            text[9 - bit] = (mode & (1u << bit)) != 0 ? "xwr"[bit % 3] : '-';
        Mark(text, 3, mode & SetUser, 's');
        Mark(text, 6, mode & SetGroup, 's');
        Mark(text, 9, mode & Sticky, 't');
        return text.ToString();
    }

    private static void Mark(Span<char> text, int place, uint bit, char mark)
    {
        if (bit != 0)
            text[place] = text[place] == 'x' ? mark : char.ToUpperInvariant(mark);
    }

    private static char TypeOf(uint mode) => (mode & TypeMask) switch
    {
        0x1000 => 'p',
        CharacterDevice => 'c',
        Directory => 'd',
        BlockDevice => 'b',
        0x8000 => '-',
        0xa000 => 'l',
        0xc000 => 's',
        _ => '?',
    };
}

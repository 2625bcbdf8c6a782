using System.Globalization;
using System.Text.RegularExpressions;
using KubeCheckpoint.Archives.Contents;

namespace KubeCheckpoint.Archives.Requirements;

/// <summary>The first lines of dump.log, which describe the node: the versions of CRIU and the kernel, and the processor's registers.</summary>
internal sealed partial record DumpLogHead(string? CriuVersion, string? KernelRelease, ulong? Registers)
{
    // CRIU logs all of it before it dumps the first process.
    private const int MostLines = 200;
    private const int LongestLine = 4096;

    public static DumpLogHead Read(CheckpointContent content)
    {
        var head = new DumpLogHead(null, null, null);
        if (content.Find("dump.log") is not { } member)
            return head;
        using var log = new StreamReader(content.OpenMember(member));
        for (var number = 0; number < MostLines && ReadLine(log) is { } line; number++)
            head = head.With(line);
        return head;
    }

    private DumpLogHead With(string line)
    {
        if (CriuVersion is null && VersionLine().Match(line) is { Success: true } version)
            return this with { CriuVersion = version.Groups[1].Value };
        if (KernelRelease is null && KernelLine().Match(line) is { Success: true } kernel)
            return this with { KernelRelease = kernel.Groups[1].Value };
        return Registers is null && RegistersLine().Match(line) is { Success: true } registers
            ? this with { Registers = ulong.Parse(registers.Groups[1].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture) }
            : this;
    }

    // The log is not trusted: a line may be endless.
    private static string? ReadLine(StreamReader log)
    {
        Span<char> buffer = stackalloc char[LongestLine];
        var length = 0;
        int next;
        while ((next = log.Read()) is not (-1 or '\n'))
        {
            if (length == LongestLine)
                return null;
            buffer[length++] = (char)next;
        }
        return next == -1 && length == 0 ? null : new string(buffer[..length]);
    }

    // criu/crtools.c and criu/util.c print these; "Running on NODE Linux RELEASE VERSION MACHINE" is uname(2).
    [GeneratedRegex(@"^\([0-9.]+\) Version: (\S{1,64})", RegexOptions.NonBacktracking)]
    private static partial Regex VersionLine();

    [GeneratedRegex(@"^\([0-9.]+\) Running on \S+ Linux (\S{1,128}) ", RegexOptions.NonBacktracking)]
    private static partial Regex KernelLine();

    [GeneratedRegex(@"xfeatures_mask 0x([0-9a-f]{1,16}) ", RegexOptions.NonBacktracking)]
    private static partial Regex RegistersLine();
}

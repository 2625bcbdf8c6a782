using System.Text;

namespace KubeCheckpoint.Archives.Tar;

/// <summary>
/// The headers that come before a member and describe it: records of PAX, and the long name and the long link of GNU tar. Programs differ in which
/// of two they follow, so a member has one of each, and each fact is in one of them.
/// </summary>
/// <param name="encoding">The encoding of names.</param>
internal sealed class TarExtensions(Encoding encoding)
{
    private PaxRecords? _pax;
    private string? _longName;
    private string? _longLink;

    /// <summary>Where the first of them begins; null where there is none.</summary>
    public long? Offset { get; private set; }

    /// <summary>The records; none where there is no PAX header.</summary>
    public PaxRecords Pax => _pax ?? PaxRecords.None;

    /// <summary>The name of the member, or null where it is in its own header.</summary>
    public string? Name => Pax.SparseName ?? Pax.Path ?? _longName;

    /// <summary>The target of a link, or null where it is in its own header.</summary>
    public string? LinkTarget => Pax.LinkPath ?? _longLink;

    /// <summary>Adds a header of type x, L or K.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="data">Its data.</param>
    /// <param name="padding">The bytes between its data and the next header, which GNU tar reads where no zero byte ends a long name.</param>
    /// <param name="offset">Where it begins.</param>
    /// <returns>Why programs would read it in different ways; null where all read it alike.</returns>
    public string? Add(char type, ReadOnlySpan<byte> data, ReadOnlySpan<byte> padding, long offset)
    {
        Offset ??= offset;
        var problem = type switch
        {
            'x' => AddPax(data),
            'L' => AddLong(ref _longName, data, padding, "long name"),
            _ => AddLong(ref _longLink, data, padding, "long link"),
        };
        if (problem is null && _longName is not null && (Pax.Path ?? Pax.SparseName) is not null)
            problem = $"the name '{TerminalText.Excerpt(_longName)}' is in a long name of GNU tar, and another one in a PAX header";
        if (problem is null && _longLink is not null && Pax.LinkPath is not null)
            problem = $"the link to '{TerminalText.Excerpt(_longLink)}' is in a long link of GNU tar, and another one in a PAX header";
        return problem;
    }

    private string? AddPax(ReadOnlySpan<byte> data)
    {
        if (_pax is not null)
            return "there are two PAX headers before one member";
        _pax = PaxRecords.Parse(data, encoding, out var problem);
        return problem;
    }

    private string? AddLong(ref string? text, ReadOnlySpan<byte> data, ReadOnlySpan<byte> padding, string name)
    {
        if (text is not null)
            return $"there are two headers with a {name} before one member";
        var length = data.IndexOf((byte)0);
        if (length < 0 ? padding is [not 0, ..] : data[length..].ContainsAnyExcept((byte)0))
            return $"a {name} continues after its end";
        text = encoding.GetString(length < 0 ? data : data[..length]);
        return text.Length == 0 ? $"a header with a {name} is empty" : null;
    }
}

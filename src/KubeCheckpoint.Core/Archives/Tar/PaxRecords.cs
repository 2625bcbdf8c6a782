using System.Buffers.Text;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace KubeCheckpoint.Archives.Tar;

/// <summary>The relevant records of a PAX extended header: <c>"27 path=checkpoint/x.img\n"</c>.</summary>
internal sealed class PaxRecords
{
    public static readonly PaxRecords None = new(Encoding.UTF8);

    private const string SparsePrefix = "GNU.sparse.";

    private static readonly string[] Known = ["path", "linkpath", "size", "uid", "gid", "uname", "gname", "mtime", "atime", "ctime"];

    private readonly Encoding _encoding;
    private readonly HashSet<string> _keys = new(StringComparer.Ordinal);
    private List<long>? _sparseNumbers;
    private List<long>? _sparseMap;
    private long? _sparseCount;
    private long? _sparseSize;
    private long? _sparseRealSize;
    private Dictionary<string, byte[]>? _attributes;
    private string? _sparseMajor;
    private string? _sparseMinor;

    private PaxRecords(Encoding encoding) => _encoding = encoding;

    public string? Path { get; private set; }

    public long? Size { get; private set; }

    public bool IsSparse { get; private set; }

    /// <summary>The name of a sparse file; its path is a name for readers that do not know sparse files.</summary>
    public string? SparseName { get; private set; }

    /// <summary>The size of a sparse file, holes included, in the record of its version; null where there is none or two.</summary>
    public long? SparseSize => SparseVersion == "1.0" ? (_sparseSize is null ? _sparseRealSize : null) : (_sparseRealSize is null ? _sparseSize : null);

    /// <summary>The version of the format of a sparse file, <c>1.0</c>; empty where it is not recorded, as in the first.</summary>
    public string SparseVersion => _sparseMajor is null && _sparseMinor is null ? "" : $"{_sparseMajor}.{_sparseMinor}";

    /// <summary>Start and length of each range of a sparse file, where they are in the records; null where they are not as many as recorded.</summary>
    public IReadOnlyList<long>? SparseNumbers => _sparseCount * 2 == _sparseNumbers?.Count ? _sparseNumbers : null;

    /// <summary>Whether the records have anything of a map.</summary>
    public bool HasSparseNumbers => _sparseNumbers is not null || _sparseCount is not null;

    public string? LinkPath { get; private set; }

    public long? UserId { get; private set; }

    public long? GroupId { get; private set; }

    public string? UserName { get; private set; }

    public string? GroupName { get; private set; }

    public DateTimeOffset? ModifiedAt { get; private set; }

    /// <summary>The extended attributes by their names.</summary>
    public IReadOnlyDictionary<string, byte[]> Attributes => _attributes ?? (IReadOnlyDictionary<string, byte[]>)ImmutableDictionary<string, byte[]>.Empty;

    /// <summary>Whether there are records that other programs apply to every member after a global header, and Go's archive/tar to none.</summary>
    public bool ChangesMembers => _keys.Overlaps(Known) || IsSparse || Attributes.Count > 0;

    /// <summary>Parses the data of an <c>x</c> or <c>g</c> header.</summary>
    /// <param name="data">The data.</param>
    /// <param name="encoding">The encoding of names.</param>
    /// <param name="problem">Why programs would read the records in different ways or not at all; null where all read them alike.</param>
    public static PaxRecords Parse(ReadOnlySpan<byte> data, Encoding encoding, out string? problem)
    {
        var records = new PaxRecords(encoding);
        problem = null;
        while (!data.IsEmpty && problem is null)
        {
            if (!TryReadRecord(ref data, out var key, out var value) || !records.TrySet(key, value))
                problem = "a PAX header is malformed";
            else if (value.IsEmpty && Known.Contains(key))
                problem = $"a PAX header has no value for '{key}'";
            else if (records.IsRepeated(key))
                problem = $"a PAX header has '{TerminalText.Excerpt(key)}' twice";
        }
        return records;
    }

    // Length of the whole, key and value: "27 path=checkpoint/x.img\n".
    private static bool TryReadRecord(ref ReadOnlySpan<byte> data, out string key, out ReadOnlySpan<byte> value)
    {
        key = "";
        value = [];
        var digits = data.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        if (digits < 1 || !Utf8Parser.TryParse(data[..digits], out int length, out _) || length <= digits + 2 || length > data.Length)
            return false;
        var record = data[digits..length];
        var equals = record.IndexOf((byte)'=');
        if (record[0] != ' ' || record[^1] != '\n' || equals < 2 || record[..equals].Contains((byte)0))
            return false;
        key = Encoding.UTF8.GetString(record[1..equals]);
        value = record[(equals + 1)..^1];
        data = data[length..];
        return !value.Contains((byte)0) || key is not ("path" or "linkpath" or "uname" or "gname" or SparsePrefix + "name");
    }

    // The ranges of the first sparse format are in records of the same keys. What means nothing to a reader may be repeated.
    private bool IsRepeated(string key) =>
        key is not (SparsePrefix + "offset" or SparsePrefix + "numbytes")
        && (Known.Contains(key) || key.StartsWith(SparsePrefix, StringComparison.Ordinal) || PaxAttributes.Find(key, []) is not null)
        && !_keys.Add(key);

    private bool TrySet(string key, ReadOnlySpan<byte> value)
    {
        switch (key)
        {
            case "path":
                Path = _encoding.GetString(value);
                return true;
            case "linkpath":
                LinkPath = _encoding.GetString(value);
                return true;
            case "uname":
                UserName = _encoding.GetString(value);
                return true;
            case "gname":
                GroupName = _encoding.GetString(value);
                return true;
            case "size":
                return (Size = Number(value)) is not null || value.IsEmpty;
            case "uid":
                return (UserId = Number(value)) is <= TarHeader.LargestOwner || value.IsEmpty;
            case "gid":
                return (GroupId = Number(value)) is <= TarHeader.LargestOwner || value.IsEmpty;
            case "mtime":
                ModifiedAt = Time(value);
                return IsTime(value) || value.IsEmpty;
            case "atime" or "ctime":
                return IsTime(value) || value.IsEmpty;
            default:
                if (key.StartsWith(SparsePrefix, StringComparison.Ordinal))
                    return TrySetSparse(key[SparsePrefix.Length..], value);
                AddAttribute(key, value);
                return true;
        }
    }

    // bsdtar writes each attribute twice, in two ways. Other programs read only the one that it shares with them.
    private void AddAttribute(string key, ReadOnlySpan<byte> value)
    {
        if (PaxAttributes.Find(key, value) is not { } attribute)
            return;
        _attributes ??= new(StringComparer.Ordinal);
        if (PaxAttributes.IsShared(key))
            _attributes[attribute.Key] = attribute.Value;
        else
            _attributes.TryAdd(attribute.Key, attribute.Value);
    }

    private bool TrySetSparse(string key, ReadOnlySpan<byte> value)
    {
        IsSparse = true;
        switch (key)
        {
            case "name":
                SparseName = _encoding.GetString(value);
                return !value.IsEmpty;
            case "major":
                _sparseMajor = _encoding.GetString(value);
                return true;
            case "minor":
                _sparseMinor = _encoding.GetString(value);
                return true;
            case "size":
                return (_sparseSize = Number(value)) is not null;
            case "realsize":
                return (_sparseRealSize = Number(value)) is not null;
            case "offset" or "numbytes":
                return _sparseMap is null && TryAddNumber(value, key == "offset" ? 0 : 1);
            case "map":
                return _sparseNumbers is null && TryAddNumbers(value);
            case "numblocks":
                return (_sparseCount = Number(value)) is not null;
            default:
                return true;
        }
    }

    private bool TryAddNumbers(ReadOnlySpan<byte> list)
    {
        _sparseMap = _sparseNumbers = [];
        foreach (var part in list.Split((byte)','))
        {
            if (!TryAddNumber(list[part], _sparseNumbers.Count % 2))
                return false;
        }
        return true;
    }

    // Starts and lengths take turns.
    private bool TryAddNumber(ReadOnlySpan<byte> value, int turn)
    {
        _sparseNumbers ??= [];
        if (_sparseNumbers.Count % 2 != turn || Number(value) is not { } number)
            return false;
        _sparseNumbers.Add(number);
        return true;
    }

    private static long? Number(ReadOnlySpan<byte> value) =>
        long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    // Go's archive/tar reads digits with a sign and a fraction, and refuses all other text.
    private static bool IsTime(ReadOnlySpan<byte> value)
    {
        var point = value.IndexOf((byte)'.');
        var seconds = point < 0 ? value : value[..point];
        return (point < 0 || !value[(point + 1)..].ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            && long.TryParse(seconds, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _);
    }

    // Seconds since 1970 with any number of decimals; null where it is not a time.
    private static DateTimeOffset? Time(ReadOnlySpan<byte> value) =>
        decimal.TryParse(value, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
        && seconds is > 0 and < 253402300800
            ? DateTimeOffset.UnixEpoch.AddTicks((long)(seconds * TimeSpan.TicksPerSecond))
            : null;
}

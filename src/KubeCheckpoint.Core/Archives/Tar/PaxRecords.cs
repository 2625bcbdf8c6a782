using System.Buffers.Text;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace KubeCheckpoint.Archives.Tar;

/// <summary>The relevant records of a PAX extended header: <c>"27 path=checkpoint/x.img\n"</c>.</summary>
internal sealed class PaxRecords
{
    public static readonly PaxRecords None = new();

    private const string SparsePrefix = "GNU.sparse.";

    private List<long>? _sparseNumbers;
    private Dictionary<string, byte[]>? _attributes;
    private string? _sparseMajor;
    private string? _sparseMinor;

    private PaxRecords()
    {
    }

    public string? Path { get; private set; }

    public long? Size { get; private set; }

    public bool IsSparse { get; private set; }

    /// <summary>The name of a sparse file; its path is a name for readers that do not know sparse files.</summary>
    public string? SparseName { get; private set; }

    /// <summary>The size of a sparse file, holes included.</summary>
    public long? SparseSize { get; private set; }

    /// <summary>The version of the format of a sparse file, <c>1.0</c>; empty where it is not recorded, as in the first.</summary>
    public string SparseVersion => _sparseMajor is null && _sparseMinor is null ? "" : $"{_sparseMajor}.{_sparseMinor}";

    /// <summary>Start and length of each range of a sparse file, where they are in the records.</summary>
    public IReadOnlyList<long>? SparseNumbers => _sparseNumbers;

    public string? LinkPath { get; private set; }

    public long? UserId { get; private set; }

    public long? GroupId { get; private set; }

    public string? UserName { get; private set; }

    public string? GroupName { get; private set; }

    public DateTimeOffset? ModifiedAt { get; private set; }

    /// <summary>The extended attributes by their names.</summary>
    public IReadOnlyDictionary<string, byte[]> Attributes => _attributes ?? (IReadOnlyDictionary<string, byte[]>)ImmutableDictionary<string, byte[]>.Empty;

    /// <summary>Parses the data of an <c>x</c> or <c>g</c> header; null where it is malformed.</summary>
    public static PaxRecords? Parse(ReadOnlySpan<byte> data)
    {
        var records = new PaxRecords();
        while (!data.IsEmpty)
        {
            if (!Utf8Parser.TryParse(data, out int length, out var digits) || length <= digits + 2 || length > data.Length)
                return null;
            var record = data[digits..length];
            var equals = record.IndexOf((byte)'=');
            if (record[0] != ' ' || record[^1] != '\n' || equals < 2)
                return null;
            if (!records.TrySet(Encoding.UTF8.GetString(record[1..equals]), record[(equals + 1)..^1]))
                return null;
            data = data[length..];
        }
        return records;
    }

    private bool TrySet(string key, ReadOnlySpan<byte> value)
    {
        switch (key)
        {
            case "path":
                Path = Encoding.UTF8.GetString(value);
                return true;
            case "linkpath":
                LinkPath = Encoding.UTF8.GetString(value);
                return true;
            case "uname":
                UserName = Encoding.UTF8.GetString(value);
                return true;
            case "gname":
                GroupName = Encoding.UTF8.GetString(value);
                return true;
            case "size":
                return (Size = Number(value)) is not null;
            case "uid":
                return (UserId = Number(value)) is not null;
            case "gid":
                return (GroupId = Number(value)) is not null;
            case "mtime":
                ModifiedAt = Time(value);
                return true;
            default:
                if (key.StartsWith(SparsePrefix, StringComparison.Ordinal))
                    return TrySetSparse(key[SparsePrefix.Length..], value);
                AddAttribute(key, value);
                return true;
        }
    }

    // bsdtar writes each attribute twice, in two ways.
    private void AddAttribute(string key, ReadOnlySpan<byte> value)
    {
        if (PaxAttributes.Find(key, value) is { } attribute)
            (_attributes ??= new(StringComparer.Ordinal)).TryAdd(attribute.Key, attribute.Value);
    }

    private bool TrySetSparse(string key, ReadOnlySpan<byte> value)
    {
        IsSparse = true;
        switch (key)
        {
            case "name":
                SparseName = Encoding.UTF8.GetString(value);
                return true;
            case "major":
                _sparseMajor = Encoding.UTF8.GetString(value);
                return true;
            case "minor":
                _sparseMinor = Encoding.UTF8.GetString(value);
                return true;
            case "size" or "realsize":
                return (SparseSize = Number(value)) is not null;
            case "offset" or "numbytes":
                return TryAddNumber(value, key == "offset" ? 0 : 1);
            case "map":
                return TryAddNumbers(value);
            case "numblocks":
                // Says how many ranges there are, which matters only where there are none.
                _sparseNumbers = Number(value) == 0 ? [] : _sparseNumbers;
                return true;
            default:
                return true;
        }
    }

    private bool TryAddNumbers(ReadOnlySpan<byte> list)
    {
        _sparseNumbers ??= [];
        foreach (var part in list.Split((byte)','))
        {
            if (list.Length > 0 && !TryAddNumber(list[part], _sparseNumbers.Count % 2))
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

    // Seconds since 1970 with any number of decimals; null where it is not a time.
    private static DateTimeOffset? Time(ReadOnlySpan<byte> value) =>
        decimal.TryParse(value, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
        && seconds is > 0 and < 253402300800
            ? DateTimeOffset.UnixEpoch.AddTicks((long)(seconds * TimeSpan.TicksPerSecond))
            : null;
}

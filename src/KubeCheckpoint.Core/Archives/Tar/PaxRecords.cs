using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace KubeCheckpoint.Archives.Tar;

/// <summary>The relevant records of a PAX extended header: <c>"27 path=checkpoint/x.img\n"</c>.</summary>
internal sealed record PaxRecords
{
    public static readonly PaxRecords None = new();

    public string? Path { get; private init; }

    public long? Size { get; private init; }

    public bool IsSparse { get; private init; }

    public string? LinkPath { get; private init; }

    public long? UserId { get; private init; }

    public long? GroupId { get; private init; }

    public string? UserName { get; private init; }

    public string? GroupName { get; private init; }

    public DateTimeOffset? ModifiedAt { get; private init; }

    /// <summary>Parses the data of an <c>x</c> or <c>g</c> header; null where it is malformed.</summary>
    public static PaxRecords? Parse(ReadOnlySpan<byte> data)
    {
        var records = None;
        while (!data.IsEmpty)
        {
            if (!Utf8Parser.TryParse(data, out int length, out var digits) || length <= digits + 2 || length > data.Length)
                return null;
            var record = data[digits..length];
            var equals = record.IndexOf((byte)'=');
            if (record[0] != ' ' || record[^1] != '\n' || equals < 2)
                return null;
            var value = record[(equals + 1)..^1];
            if (records.With(Encoding.UTF8.GetString(record[1..equals]), value) is not { } more)
                return null;
            records = more;
            data = data[length..];
        }
        return records;
    }

    private PaxRecords? With(string key, ReadOnlySpan<byte> value) => key switch
    {
        "path" => this with { Path = Encoding.UTF8.GetString(value) },
        "linkpath" => this with { LinkPath = Encoding.UTF8.GetString(value) },
        "uname" => this with { UserName = Encoding.UTF8.GetString(value) },
        "gname" => this with { GroupName = Encoding.UTF8.GetString(value) },
        "size" => TryParseNumber(value, out var size) ? this with { Size = size } : null,
        "uid" => TryParseNumber(value, out var user) ? this with { UserId = user } : null,
        "gid" => TryParseNumber(value, out var group) ? this with { GroupId = group } : null,
        "mtime" => this with { ModifiedAt = Time(value) },
        _ => key.StartsWith("GNU.sparse.", StringComparison.Ordinal) ? this with { IsSparse = true } : this,
    };

    private static bool TryParseNumber(ReadOnlySpan<byte> value, out long number) =>
        long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    // Seconds since 1970 with any number of decimals; null where it is not a time.
    private static DateTimeOffset? Time(ReadOnlySpan<byte> value) =>
        decimal.TryParse(value, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
        && seconds is > 0 and < 253402300800
            ? DateTimeOffset.UnixEpoch.AddTicks((long)(seconds * TimeSpan.TicksPerSecond))
            : null;
}

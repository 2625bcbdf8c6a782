using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace KubeCheckpoint.Archives;

/// <summary>The records of a PAX extended header that change how a member is read: <c>"27 path=checkpoint/x.img\n"</c>.</summary>
internal sealed record PaxRecords(string? Path, long? Size, bool IsSparse)
{
    public static readonly PaxRecords None = new(null, null, false);

    /// <summary>Parses the data of an <c>x</c> or <c>g</c> header; null where it breaks the format.</summary>
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
            switch (Encoding.UTF8.GetString(record[1..equals]))
            {
                case "path":
                    records = records with { Path = Encoding.UTF8.GetString(value) };
                    break;
                case "size":
                    if (!TryParseSize(value, out var size))
                        return null;
                    records = records with { Size = size };
                    break;
                case var key when key.StartsWith("GNU.sparse.", StringComparison.Ordinal):
                    records = records with { IsSparse = true };
                    break;
            }
            data = data[length..];
        }
        return records;
    }

    private static bool TryParseSize(ReadOnlySpan<byte> value, out long size) =>
        long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out size);
}

using System.Globalization;
using System.Text;

namespace KubeCheckpoint.Criu.Documents;

/// <summary>The encoding that crit uses for the names of unix sockets (RFC 2045, 6.7).</summary>
internal static class QuotedPrintable
{
    public static byte[] Decode(string text)
    {
        var encoded = Encoding.UTF8.GetBytes(text);
        var result = new List<byte>(encoded.Length);
        for (var i = 0; i < encoded.Length; i++)
        {
            if (encoded[i] != '=')
                result.Add(encoded[i]);
            else if (i + 2 < encoded.Length && TryParseHex(encoded.AsSpan(i + 1, 2), out var octet))
                (result, i) = (Append(result, octet), i + 2);
            else if (i + 1 < encoded.Length && encoded[i + 1] == '\n')
                i++;
            else
                result.Add(encoded[i]);
        }
        return [.. result];
    }

    private static bool TryParseHex(ReadOnlySpan<byte> digits, out byte octet) =>
        byte.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out octet);

    private static List<byte> Append(List<byte> bytes, byte octet)
    {
        bytes.Add(octet);
        return bytes;
    }
}

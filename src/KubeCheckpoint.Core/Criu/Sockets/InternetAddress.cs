using System.Buffers.Binary;
using System.Net;

namespace KubeCheckpoint.Criu.Sockets;

/// <summary>The addresses of an inet_sk_entry: one or four 32-bit words in network byte order.</summary>
internal static class InternetAddress
{
    public const uint IPv4 = 2;
    public const uint IPv6 = 10;

    private const int WordsOfIPv6 = 4;

    /// <summary>The address, or null where the number of words does not match the family.</summary>
    public static IPAddress? Of(uint family, IReadOnlyList<uint> words) => (family, words.Count) switch
    {
        (IPv4, 1) => Read(words),
        (IPv6, WordsOfIPv6) => Read(words),
        _ => null,
    };

    private static IPAddress Read(IReadOnlyList<uint> words)
    {
        Span<byte> bytes = stackalloc byte[words.Count * sizeof(uint)];
        for (var i = 0; i < words.Count; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[(i * sizeof(uint))..], words[i]);
        return new IPAddress(bytes);
    }
}

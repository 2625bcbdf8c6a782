using System.Runtime.InteropServices;
using System.Text;

namespace KubeCheckpoint.Benchmarks.Synthetic;

/// <summary>
/// Pages as in the memory of a service: of 100, 40 are zeros, 30 text, 20 pointers and small numbers, 10 noise. All pages but the zeros
/// differ from each other.
/// </summary>
internal sealed class SyntheticMemory
{
    public const int PageSize = 4096;

    private const int PoolPages = 1024;

    private static readonly string[] Words =
    [
        "GET", "/api/v1/orders", "HTTP/1.1", "200", "OK", "user", "session", "Content-Type:", "application/json", "\"id\":", "\"name\":",
        "true", "null", "2026-11-23T06:50:18Z", "INFO", "connection", "from", "10.88.0.17", "closed", "SELECT", "WHERE", "customer_id",
        "=", "the", "of", "and", "to", "in", "is", "cache", "miss", "{", "}", "[", "]", ",", "key", "value", "\n", "\n",
    ];

    private readonly byte[] _pool = new byte[PoolPages * PageSize];
    private readonly int _seed;

    public SyntheticMemory(int seed)
    {
        _seed = seed;
        var random = new Random(seed);
        for (var page = 0; page < PoolPages; page++)
            Fill(random, page, _pool.AsSpan(page * PageSize, PageSize));
    }

    /// <summary>Writes a page.</summary>
    /// <param name="number">The number of the page; the same number always gives the same page.</param>
    /// <param name="isChanged">Whether to write a changed page.</param>
    /// <param name="target">Receives <see cref="PageSize"/> bytes.</param>
    public void WritePage(long number, bool isChanged, Span<byte> target)
    {
        var hash = Mix((ulong)number + ((ulong)_seed << 40));
        var kind = (int)(hash % PoolPages);
        _pool.AsSpan(kind * PageSize, PageSize).CopyTo(target);
        if (!IsZero(kind))
            MemoryMarshal.Write(target, hash);
        if (isChanged)
            MemoryMarshal.Write(target[(PageSize / 2)..], ~hash);
    }

    private static bool IsZero(int page) => page % 10 < 4;

    private static void Fill(Random random, int page, Span<byte> target)
    {
        switch (page % 10)
        {
            case < 4:
                target.Clear();
                break;
            case < 7:
                FillText(random, target);
                break;
            case < 9:
                FillPointers(random, target);
                break;
            default:
                random.NextBytes(target);
                break;
        }
    }

    private static void FillText(Random random, Span<byte> target)
    {
        var text = new StringBuilder();
        while (text.Length < target.Length)
            text.Append(Words[random.Next(Words.Length)]).Append(' ');
        Encoding.ASCII.GetBytes(text.ToString(0, target.Length), target);
    }

    private static void FillPointers(Random random, Span<byte> target)
    {
        foreach (ref var value in MemoryMarshal.Cast<byte, ulong>(target))
        {
            value = random.Next(4) switch
            {
                0 => 0,
                1 => (ulong)random.Next(256),
                _ => 0x7F00_0000_0000UL + (ulong)random.NextInt64(1L << 32) / 16 * 16,
            };
        }
    }

    // SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
    private static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}

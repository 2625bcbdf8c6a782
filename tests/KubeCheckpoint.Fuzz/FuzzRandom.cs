namespace KubeCheckpoint.Fuzz;

/// <summary>
/// Random numbers that depend only on the seed, the case and the step of it (SplitMix64), so that a case is the same on every machine and
/// a step is the same where others are left out.
/// </summary>
internal sealed class FuzzRandom(long seed, long number, int step)
{
    private const ulong Increment = 0x9e3779b97f4a7c15;

    private static readonly ulong[] Extremes =
    [
        0, 1, 2, 3, 7, 8, 15, 16, 31, 64, 100, 127, 128, 255, 256, 511, 512, 513, 4095, 4096, 4097, 65535, 65536, 0x7fffff, 0xffffff,
        0x7ffffffe, 0x7fffffff, 0x80000000, 0xfffff000, 0xffffffff, 0x100000000, 0x7fffffff000, 0x7fffffffffff, 0x800000000000,
        0xffffffffff600000, 1UL << 52, 1UL << 62, long.MaxValue - 4095, long.MaxValue, 1UL << 63, ulong.MaxValue - 4095, ulong.MaxValue - 1, ulong.MaxValue,
    ];

    private ulong _state = Mix(Mix((ulong)seed) + (ulong)number) + Mix((ulong)step);

    public ulong NextBits()
    {
        _state += Increment;
        return Mix(_state);
    }

    /// <summary>A number from 0 up to, and without, a limit; 0 where the limit is 0.</summary>
    public int Next(int limit) => limit <= 0 ? 0 : (int)(NextBits() % (uint)limit);

    public bool OneIn(int count) => Next(count) == 0;

    public T Pick<T>(IReadOnlyList<T> items) => items[Next(items.Count)];

    /// <summary>A number at which programs fail more often than at others, or any other number.</summary>
    public ulong Extreme() => Next(8) switch
    {
        0 => NextBits(),
        1 => NextBits() >> Next(64),
        2 => 1UL << Next(64),
        _ => Pick(Extremes),
    };

    public byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++)
            bytes[i] = (byte)NextBits();
        return bytes;
    }

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
        value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
        return value ^ (value >> 31);
    }
}

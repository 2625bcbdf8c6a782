using System.Buffers.Binary;

namespace KubeCheckpoint.Fuzz.Mutators;

/// <summary>Changes bytes, whatever they mean.</summary>
internal sealed class RawMutator : IMutator
{
    private const int MostInserted = 64;

    public static readonly RawMutator Instance = new();

    public byte[] Mutate(byte[] content, FuzzRandom random)
    {
        if (content.Length == 0)
            return random.Bytes(random.Next(MostInserted));
        var at = random.Next(content.Length);
        switch (random.Next(8))
        {
            case 0:
                return content[..at];
            case 1:
                return Splice(content, at, 0, random.Bytes(1 + random.Next(MostInserted)));
            case 2:
                return Splice(content, at, random.Next(Math.Min(MostInserted, content.Length - at)), []);
            case 3:
                var from = random.Next(content.Length);
                return Splice(content, at, 0, content.AsSpan(from, random.Next(Math.Min(4096, content.Length - from))).ToArray());
            case 4 when content.Length - at >= sizeof(ulong):
                return Overwrite(content, at, random.Extreme(), 1 << random.Next(4));
            case 5:
                return Set(content, at, (byte)(content[at] ^ (1 << random.Next(8))));
            default:
                return Set(content, at, random.Next(3) switch { 0 => 0xff, 1 => 0, _ => (byte)random.NextBits() });
        }
    }

    public static byte[] Splice(ReadOnlySpan<byte> content, int at, int removed, ReadOnlySpan<byte> inserted) =>
        [.. content[..at], .. inserted, .. content[(at + removed)..]];

    private static byte[] Set(byte[] content, int at, byte value)
    {
        var changed = (byte[])content.Clone();
        changed[at] = value;
        return changed;
    }

    private static byte[] Overwrite(byte[] content, int at, ulong value, int size)
    {
        var changed = (byte[])content.Clone();
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        bytes[..size].CopyTo(changed.AsSpan(at));
        return changed;
    }
}

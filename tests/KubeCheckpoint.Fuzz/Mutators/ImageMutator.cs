using System.Buffers.Binary;
using KubeCheckpoint.Criu.Images;

namespace KubeCheckpoint.Fuzz.Mutators;

/// <summary>Changes a CRIU image: its magics, the sizes of its entries, their order, and mostly the message of one.</summary>
internal sealed class ImageMutator : IMutator
{
    private const int SizeField = sizeof(uint);

    public static readonly ImageMutator Instance = new();

    public byte[] Mutate(byte[] content, FuzzRandom random)
    {
        if (Type(content) is not { } found)
            return RawMutator.Instance.Mutate(content, random);
        var entries = Entries(content, found.Start, found.Type.Payload == CriuPayload.None);
        if (entries.Count == 0 || random.OneIn(30))
            return ChangeFrame(content, found.Start, random);
        var (start, length) = random.Pick(entries);
        var entry = content.AsSpan(start, SizeField + length).ToArray();
        return random.Next(16) switch
        {
            0 => RawMutator.Splice(content, start, entry.Length, []),
            1 => RawMutator.Splice(content, start, 0, entry),
            2 => Repeat(content, start, entry, random),
            3 => RawMutator.Splice(content, start, SizeField, Size(random.OneIn(2) ? (uint)random.Extreme() : (uint)(length + random.Next(9) - 4))),
            4 => Swap(content, (start, entry), random.Pick(entries)),
            _ => ReplaceMessage(content, start, length, MessageMutator.Mutate(entry[SizeField..], found.Type.Message, random)),
        };
    }

    /// <summary>The type of an image and where its first entry begins; null where it is none.</summary>
    private static (CriuImageType Type, int Start)? Type(byte[] content)
    {
        if (content.Length < SizeField)
            return null;
        var magic = BinaryPrimitives.ReadUInt32LittleEndian(content);
        var start = SizeField;
        if (magic is CriuImageType.CommonMagic or CriuImageType.ServiceMagic && content.Length >= 2 * SizeField)
        {
            magic = BinaryPrimitives.ReadUInt32LittleEndian(content.AsSpan(SizeField));
            start += SizeField;
        }
        return CriuImageType.OfMagic(magic) is { } type ? (type, start) : null;
    }

    // Only the first of an image whose entries have a payload, since that is not known here.
    private static List<(int Start, int Length)> Entries(byte[] content, int start, bool hasMany)
    {
        var entries = new List<(int, int)>();
        while (content.Length - start >= SizeField)
        {
            var length = BinaryPrimitives.ReadUInt32LittleEndian(content.AsSpan(start));
            if (length > content.Length - start - SizeField || (entries.Count > 0 && !hasMany))
                break;
            entries.Add((start, (int)length));
            start += SizeField + (int)length;
        }
        return entries;
    }

    private static byte[] ReplaceMessage(byte[] content, int start, int length, byte[] message) =>
        [.. content.AsSpan(0, start), .. Size((uint)message.Length), .. message, .. content.AsSpan(start + SizeField + length)];

    private static byte[] Repeat(byte[] content, int start, byte[] entry, FuzzRandom random)
    {
        var count = random.OneIn(20) ? 2000 : random.Next(30);
        return random.OneIn(3)
            ? RawMutator.Splice(content, start, 0, new byte[count * SizeField])
            : RawMutator.Splice(content, start, 0, [.. Enumerable.Repeat(entry, entry.Length > 500 ? count % 30 : count).SelectMany(copy => copy)]);
    }

    private static byte[] Swap(byte[] content, (int Start, byte[] Bytes) entry, (int Start, int Length) other)
    {
        if (other.Start >= entry.Start)
            return RawMutator.Splice(content, other.Start, 0, entry.Bytes);
        var moved = content.AsSpan(other.Start, SizeField + other.Length).ToArray();
        return RawMutator.Splice(RawMutator.Splice(content, entry.Start, entry.Bytes.Length, moved), other.Start, moved.Length, entry.Bytes);
    }

    private static byte[] ChangeFrame(byte[] content, int start, FuzzRandom random) => random.Next(4) switch
    {
        0 => [.. Size(random.Pick(Types).Magic), .. content.AsSpan(Math.Min(SizeField, content.Length))],
        1 => [.. content.AsSpan(0, start - SizeField), .. Size(random.Pick(Types).Magic), .. content.AsSpan(start)],
        2 => content[..random.Next(content.Length)],
        _ => [.. content, .. Size((uint)random.Extreme())],
    };

    private static readonly CriuImageType[] Types = [.. CriuImageType.ByName.Values.OrderBy(type => type.Name, StringComparer.Ordinal)];

    private static byte[] Size(uint value)
    {
        var bytes = new byte[SizeField];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }
}

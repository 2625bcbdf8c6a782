using System.Buffers.Binary;

namespace KubeCheckpoint.Core.Tests.Criu.Documents;

/// <summary>Damages images, in the same way for the same seed.</summary>
internal sealed class Mutation(int seed)
{
    private readonly Random _random = new(seed);

    /// <summary>A damaged copy of an image.</summary>
    /// <param name="image">The image.</param>
    /// <param name="others">Images from which pieces are inserted.</param>
    public byte[] Damage(byte[] image, IReadOnlyList<byte[]> others)
    {
        var damaged = image;
        for (var rounds = 1 + _random.Next(3); rounds > 0; rounds--)
        {
            damaged = _random.Next(8) switch
            {
                0 or 1 => Flip(damaged),
                2 => Set(damaged),
                3 => damaged[..Place(damaged)],
                4 => WriteLength(damaged),
                5 => InsertVarint(damaged),
                6 => CutOut(damaged),
                _ => Splice(damaged, others[_random.Next(others.Count)]),
            };
        }
        return damaged;
    }

    // Mostly after the magic numbers, since nothing is read if those are wrong.
    private int Place(byte[] image) => image.Length < 9 || _random.Next(20) == 0 ? _random.Next(image.Length + 1) : _random.Next(8, image.Length + 1);

    private byte[] Flip(byte[] image) => Edit(image, place => (byte)(place ^ 1 << _random.Next(8)));

    private byte[] Set(byte[] image) => Edit(image, _ => (byte)(_random.Next(4) switch { 0 => 0, 1 => 0xff, 2 => 0x80, _ => _random.Next(256) }));

    private byte[] Edit(byte[] image, Func<byte, byte> edit)
    {
        var place = Place(image);
        if (place == image.Length)
            return image;
        var copy = (byte[])image.Clone();
        copy[place] = edit(copy[place]);
        return copy;
    }

    // A size field: zero, the maximum, slightly wrong, or large.
    private byte[] WriteLength(byte[] image)
    {
        var place = Place(image);
        if (place + sizeof(uint) > image.Length)
            return image;
        var copy = (byte[])image.Clone();
        var length = BinaryPrimitives.ReadUInt32LittleEndian(copy.AsSpan(place));
        BinaryPrimitives.WriteUInt32LittleEndian(copy.AsSpan(place), _random.Next(5) switch
        {
            0 => 0,
            1 => uint.MaxValue,
            2 => length + (uint)_random.Next(-3, 4),
            3 => 64 * 1024 * 1024,
            _ => (uint)_random.Next(),
        });
        return copy;
    }

    private byte[] InsertVarint(byte[] image)
    {
        var bytes = new byte[_random.Next(1, 12)];
        bytes.AsSpan().Fill(0xff);
        bytes[^1] = (byte)_random.Next(0x80);
        return Insert(image, bytes);
    }

    private byte[] CutOut(byte[] image)
    {
        var start = Place(image);
        var count = Math.Min(_random.Next(1, 40), image.Length - start);
        return [.. image.AsSpan(0, start), .. image.AsSpan(start + count)];
    }

    private byte[] Splice(byte[] image, byte[] other)
    {
        var start = _random.Next(other.Length);
        return Insert(image, other.AsSpan(start, Math.Min(_random.Next(1, 200), other.Length - start)));
    }

    private byte[] Insert(byte[] image, ReadOnlySpan<byte> bytes)
    {
        var place = Place(image);
        return [.. image.AsSpan(0, place), .. bytes, .. image.AsSpan(place)];
    }
}

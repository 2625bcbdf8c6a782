namespace KubeCheckpoint.Fuzz.Mutators;

/// <summary>Writes a message from its end to its beginning.</summary>
internal sealed class BackwardWriter
{
    private const int LongestVarint = 10;

    private byte[] _bytes = new byte[256];

    /// <summary>How many bytes have been written.</summary>
    public int Length { get; private set; }

    public byte[] ToArray() => _bytes.AsSpan(_bytes.Length - Length).ToArray();

    public void Write(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        Length += bytes.Length;
        bytes.CopyTo(_bytes.AsSpan(_bytes.Length - Length));
    }

    /// <summary>Writes a number with bytes beyond those that it needs.</summary>
    public void WriteVarint(ulong value, int padding)
    {
        Span<byte> bytes = stackalloc byte[LongestVarint + padding];
        var count = 0;
        for (; value >= 0x80; value >>= 7)
            bytes[count++] = (byte)(value | 0x80);
        for (; padding > 0; padding--, value = 0)
            bytes[count++] = (byte)(value | 0x80);
        bytes[count++] = (byte)value;
        Write(bytes[..count]);
    }

    private void Reserve(int count)
    {
        if (count <= _bytes.Length - Length)
            return;
        var larger = new byte[Math.Max(Length + count, _bytes.Length * 2)];
        _bytes.AsSpan(_bytes.Length - Length).CopyTo(larger.AsSpan(larger.Length - Length));
        _bytes = larger;
    }
}

namespace KubeCheckpoint.Criu.Documents;

/// <summary>The fields of a message that the definitions do not know, while they come in.</summary>
internal sealed class UnknownBytes
{
    private byte[] _bytes = new byte[16];
    private int _count;

    public void Add(ReadOnlySpan<byte> field)
    {
        if (field.Length > _bytes.Length - _count)
            Array.Resize(ref _bytes, Math.Max(_count + field.Length, _count * 2));
        field.CopyTo(_bytes.AsSpan(_count));
        _count += field.Length;
    }

    public byte[] ToArray() => _bytes.AsSpan(0, _count).ToArray();
}

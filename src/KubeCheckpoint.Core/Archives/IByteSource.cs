namespace KubeCheckpoint.Archives;

/// <summary>Bytes that can be read at any offset, such as those of a local file.</summary>
internal interface IByteSource : IDisposable
{
    /// <summary>What messages call it.</summary>
    public string Path { get; }

    /// <summary>How many bytes there are.</summary>
    public long Length { get; }

    /// <summary>Reads at an offset; fewer bytes than asked for only near the end, 0 at the end. Safe from several threads.</summary>
    public int Read(Span<byte> buffer, long offset);
}

namespace KubeCheckpoint.Archives.IO;

/// <summary>Bytes that can be read at any offset, such as those of a local file.</summary>
internal interface IByteSource : IDisposable
{
    /// <summary>The name used in messages.</summary>
    public string Path { get; }

    /// <summary>How many bytes there are.</summary>
    public long Length { get; }

    /// <summary>Reads at an offset; fewer bytes than requested only near the end, 0 at the end. Thread-safe.</summary>
    public int Read(Span<byte> buffer, long offset);
}

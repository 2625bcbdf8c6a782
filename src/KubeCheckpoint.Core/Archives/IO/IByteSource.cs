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

    /// <summary>
    /// The first range that ends behind an offset and is known to be zeros without reading them: a hole of a sparse file. An empty range at the
    /// end where none is known. Thread-safe.
    /// </summary>
    public (long Start, long End) FindHole(long offset) => (Length, Length);
}

namespace KubeCheckpoint.Criu.Memory;

/// <summary>A <c>pages-*.img</c>, read at any offset. Safe from several threads.</summary>
internal interface IPagesFile
{
    /// <summary>The name used in messages.</summary>
    public CriuImageName Name { get; }

    /// <summary>Its size in bytes.</summary>
    public long Length { get; }

    /// <summary>Reads at an offset; fewer bytes than asked for only at the end.</summary>
    public int Read(Span<byte> buffer, long offset);

    /// <summary>The first range that ends behind an offset and is known to be zeros; an empty one at the end where none is known.</summary>
    public (long Start, long End) FindHole(long offset) => (Length, Length);
}

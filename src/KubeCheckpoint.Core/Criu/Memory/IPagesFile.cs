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
}

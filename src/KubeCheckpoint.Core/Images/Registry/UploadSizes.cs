namespace KubeCheckpoint.Images.Registry;

/// <summary>In what pieces blobs go up.</summary>
internal sealed record UploadSizes
{
    /// <summary>
    /// The bytes of one request: 64 MiB. Below the 100 MB that proxies which limit bodies at all are known to let through
    /// (Cloudflare), far below what a token of five minutes lets through, and measured to cost nothing against one request for all.
    /// </summary>
    public long Chunk { get; init; } = 64L << 20;

    /// <summary>Chunks are not made smaller than this when a proxy finds them too large: 1 MiB, nginx's own limit where none is set.</summary>
    public long SmallestChunk { get; init; } = 1L << 20;

    /// <summary>
    /// Blobs of at most this size are hashed before anything is sent, and go in one request: 32 MiB, which takes some hundredths of
    /// a second and spares what the registry has already.
    /// </summary>
    public long HashFirst { get; init; } = 32L << 20;
}

namespace KubeCheckpoint.Images.Registry;

/// <summary>The sizes in which blobs are uploaded.</summary>
internal sealed record UploadSizes
{
    /// <summary>
    /// The bytes of one request: 64 MiB. Less than the 100 MB that proxies with a limit are known to accept
    /// (Cloudflare), far less than a token of five minutes allows, and as fast as one request for the whole blob.
    /// </summary>
    public long Chunk { get; init; } = 64L << 20;

    /// <summary>
    /// The smallest chunk that is tried where a proxy refuses larger ones or connections break: 64 KiB. Four times as much has to arrive
    /// within a few attempts, or the upload fails.
    /// </summary>
    public long SmallestChunk { get; init; } = 64L << 10;

    /// <summary>
    /// The bytes of a blob in memory that is sent while it arrives: 48 MiB. They are sent in chunks of a third of it, so that the next ones arrive
    /// while the registry takes one, which can be sent again. It holds a blob that is sent in one request.
    /// </summary>
    public int Window { get; init; } = 48 << 20;

    /// <summary>
    /// Blobs of at most this size are hashed before anything is sent, and sent in one request: 32 MiB, which takes some hundredths of
    /// a second and avoids sending what the registry already has.
    /// </summary>
    public long HashFirst { get; init; } = 32L << 20;
}

using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images.Stores;

/// <summary>Where images are read from: a repository in a registry, a layout folder, an oci-archive. Content that it returns whole is verified.</summary>
internal interface IImageStore : IDisposable
{
    /// <summary>The registry's host, or the path of the folder or file.</summary>
    public string Place { get; }

    public bool IsRegistry { get; }

    /// <summary>The names of its images.</summary>
    public IAsyncEnumerable<StoredName> ListAsync(CancellationToken cancellationToken);

    /// <summary>The manifest or index with a name, and the media type by which it was found; null where there is none.</summary>
    public Task<(byte[] Bytes, string? MediaType)?> FindDocumentAsync(StoredName name, CancellationToken cancellationToken);

    /// <summary>The manifest or index with a digest.</summary>
    /// <exception cref="KubeCheckpointException">ImageBlobMissing or DigestMismatch.</exception>
    public Task<byte[]> ReadDocumentAsync(Digest digest, CancellationToken cancellationToken);

    /// <summary>A small blob.</summary>
    /// <exception cref="KubeCheckpointException">ImageBlobMissing, DigestMismatch or ImageDocumentInvalid.</exception>
    public Task<byte[]> ReadBlobAsync(OciDescriptor blob, int limit, CancellationToken cancellationToken);

    /// <summary>Opens a blob for reading; its content is not verified.</summary>
    /// <exception cref="KubeCheckpointException">ImageBlobMissing.</exception>
    public IByteSource OpenBlob(OciDescriptor blob, CancellationToken cancellationToken);

    /// <summary>The reference that leads to exactly this manifest.</summary>
    public string ReferenceOf(StoredName name, Digest digest);
}

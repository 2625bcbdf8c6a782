using KubeCheckpoint.Archives;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images.Stores;

/// <summary>Where images are: a repository of a registry, a layout folder, an oci-archive. Whatever it hands out whole has its digest.</summary>
internal interface IImageStore : IDisposable
{
    /// <summary>The registry's host, or the path of the folder or file.</summary>
    public string Place { get; }

    public bool IsRegistry { get; }

    /// <summary>The names in it.</summary>
    public IAsyncEnumerable<StoredName> ListAsync(CancellationToken cancellationToken);

    /// <summary>The manifest or index under a name or digest, with the media type it is found as; null where there is none.</summary>
    public Task<(byte[] Bytes, string? MediaType)?> FindDocumentAsync(StoredName name, CancellationToken cancellationToken);

    /// <summary>A manifest or index by its digest.</summary>
    /// <exception cref="KubeCheckpointException">ImageBlobMissing or DigestMismatch.</exception>
    public Task<byte[]> ReadDocumentAsync(string digest, CancellationToken cancellationToken);

    /// <summary>A small blob.</summary>
    /// <exception cref="KubeCheckpointException">ImageBlobMissing, DigestMismatch or ImageDocumentInvalid.</exception>
    public Task<byte[]> ReadBlobAsync(OciDescriptor blob, int limit, CancellationToken cancellationToken);

    /// <summary>A blob to be read, not verified.</summary>
    /// <exception cref="KubeCheckpointException">ImageBlobMissing.</exception>
    public IByteSource OpenBlob(OciDescriptor blob, CancellationToken cancellationToken);

    /// <summary>The reference by which just this manifest can be had.</summary>
    public string ReferenceOf(StoredName name, string digest);
}

using System.Runtime.CompilerServices;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Images.Oci;
using KubeCheckpoint.Images.Stores;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Images.Layout;

/// <summary>An image layout (image spec, image-layout.md), in a folder or in a tar.</summary>
internal sealed class LayoutStore : IImageStore
{
    private readonly ILayoutFiles _files;
    private readonly OciDocument _index;

    private LayoutStore(ILayoutFiles files)
    {
        _files = files;
        CheckVersion();
        var index = Read(OciLayoutIndex.FileName, OciDocument.LargestDocument) ?? throw LayoutFailure.NotAnImageLayout(Place, "it has no index.json");
        _index = OciDocument.Parse($"{Place}:{OciLayoutIndex.FileName}", index, OciMediaTypes.Index);
    }

    public string Place => _files.Path;

    public bool IsRegistry => false;

    /// <param name="path">A folder or a file.</param>
    /// <param name="cancellationToken">Cancels the reading of a tar's headers.</param>
    /// <exception cref="KubeCheckpointException">NotAnImageLayout or ImageDocumentInvalid; for a file also the failures of reading an archive.</exception>
    public static LayoutStore Open(string path, CancellationToken cancellationToken)
    {
        ILayoutFiles files = Directory.Exists(path) ? new LayoutFolder(path) : LayoutArchive.Open(path, cancellationToken);
        try
        {
            return new LayoutStore(files);
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>The names of its images, in the order of the index.</summary>
    public IEnumerable<StoredName> List() => _index.Manifests.Select(entry =>
    {
        var name = entry.Annotations.GetValueOrDefault(OciLayoutIndex.RefName) is { Length: > 0 } given ? given : entry.Descriptor.Digest.ToString();
        return new StoredName(name, name, entry.Descriptor) { Annotations = entry.Annotations };
    });

    public async IAsyncEnumerable<StoredName> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        foreach (var name in List())
            yield return name;
    }

    public async Task<(byte[] Bytes, string? MediaType)?> FindDocumentAsync(StoredName name, CancellationToken cancellationToken) =>
        name.Descriptor is { } descriptor
            ? (await ReadBlobAsync(descriptor, OciDocument.LargestDocument, cancellationToken).ConfigureAwait(false), descriptor.MediaType)
            : null;

    public Task<byte[]> ReadDocumentAsync(Digest digest, CancellationToken cancellationToken)
    {
        using var source = OpenBlob(digest);
        return Task.FromResult(Verified(source, digest, OciDocument.LargestDocument));
    }

    public Task<byte[]> ReadBlobAsync(OciDescriptor blob, int limit, CancellationToken cancellationToken)
    {
        using var source = OpenBlob(blob.Digest);
        BlobCheck.CompareSize(Place, blob, source.Length);
        return Task.FromResult(Verified(source, blob.Digest, limit));
    }

    public IByteSource OpenBlob(OciDescriptor blob, CancellationToken cancellationToken) => OpenBlob(blob.Digest);

    public string ReferenceOf(StoredName name, Digest digest) => name.Reference;

    public void Dispose() => _files.Dispose();

    private IByteSource OpenBlob(Digest digest) => _files.Open(digest.BlobPath) ?? throw ImageFailure.ImageBlobMissing(Place, digest);

    private byte[] Verified(IByteSource source, Digest digest, int limit)
    {
        if (source.Length > limit)
            throw ImageFailure.ImageDocumentInvalid($"{Place}@{digest}", $"it is larger than {limit} bytes");
        var bytes = Bytes(source);
        BlobCheck.Verify(Place, digest, bytes);
        return bytes;
    }

    private void CheckVersion()
    {
        var marker = Read(OciLayoutIndex.MarkerName, 64 * 1024) ?? throw LayoutFailure.NotAnImageLayout(Place, "it has no oci-layout");
        var version = StrictJson.Read(
            marker,
            root => root.GetProperty("imageLayoutVersion").GetString(),
            exception => LayoutFailure.NotAnImageLayout(Place, "its oci-layout is not the JSON of the specification", exception));
        if (version != OciLayoutIndex.Version)
            throw LayoutFailure.NotAnImageLayout(Place, $"its version is '{version}'");
    }

    private byte[]? Read(string name, int limit)
    {
        using var source = _files.Open(name);
        if (source?.Length > limit)
            throw LayoutFailure.NotAnImageLayout(Place, $"its {name} is larger than {limit} bytes");
        return source is null ? null : Bytes(source);
    }

    private static byte[] Bytes(IByteSource source)
    {
        var bytes = new byte[source.Length];
        using var stream = new ByteSourceStream(source, 0, source.Length);
        stream.ReadExactly(bytes);
        return bytes;
    }
}

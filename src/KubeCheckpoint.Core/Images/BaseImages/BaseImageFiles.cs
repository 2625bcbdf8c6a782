using System.Security.Cryptography;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Archives.Replacements;
using KubeCheckpoint.Archives.Tar;
using KubeCheckpoint.Budgets;
using KubeCheckpoint.Images.Oci;
using KubeCheckpoint.Images.Registry;
using KubeCheckpoint.Images.Stores;

namespace KubeCheckpoint.Images.BaseImages;

/// <summary>The files in some folders of the image that a container ran, or the reason why they are not known.</summary>
/// <param name="Files">The files, below the root of the image; null where they are not known.</param>
/// <param name="Reason">The reason, as a clause.</param>
internal sealed record BaseImageFiles(PathNode? Files, string? Reason)
{
    private const string OnlyLocal = "localhost";
    private const int BufferSize = 1024 * 1024;

    // Layers are read to their end, since only then their digest is known.
    private const long LargestImage = 8L * 1024 * 1024 * 1024;

    private static readonly TimeSpan ManifestLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LayersLimit = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Lists the files from the layers in the image's registry, which are streamed and verified: their digests, and by the archive's image ID the
    /// config with their diff_ids. A failure is a reason.
    /// </summary>
    /// <param name="archive">The archive of the container.</param>
    /// <param name="name">The image's name, where it is not the one in the archive.</param>
    /// <param name="folders">The folders, without a slash in front.</param>
    /// <param name="registry">How to connect to <paramref name="registryHost"/>; other registries get no credential of it.</param>
    /// <param name="registryHost">The registry that the options are for, or null.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    public static async Task<BaseImageFiles> ReadAsync(
        CheckpointArchive archive,
        string? name,
        IReadOnlyCollection<string> folders,
        RegistryOptions registry,
        string? registryHost,
        CancellationToken cancellationToken)
    {
        if ((name ?? archive.Needs?.BaseImageDigest ?? archive.Image) is not { } text)
            return Unknown("the archive does not record which image the container ran");
        if (!ImageReference.TryParse(text, out var image, out var fault))
            return Unknown($"the name of the image, '{text}', is not valid: {fault}");
        if (image.Registry == OnlyLocal)
            return Unknown($"'{image}' is not in a registry");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ManifestLimit);
        try
        {
            using var store = await RegistryStore.OpenAsync(image, OptionsFor(image, registry, registryHost), limit.Token).ConfigureAwait(false);
            var (found, config) = await FindAsync(store, image, archive, limit.Token).ConfigureAwait(false);
            if (found is null)
                return Unknown($"'{image}' now leads to another image than the one that the container ran");
            limit.CancelAfter(LayersLimit);
            return await Task.Run(() => Read(store, found, config!, folders, limit.Token), cancellationToken).ConfigureAwait(false);
        }
        catch (KubeCheckpointException failure)
        {
            return Unknown(failure.Message.TrimEnd('.'));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Unknown($"the registry of '{image}' took too long");
        }
    }

    private static BaseImageFiles Unknown(string reason) => new(null, reason);

    private static RegistryOptions OptionsFor(ImageReference image, RegistryOptions registry, string? registryHost) => image.Registry == registryHost
        ? registry
        : new RegistryOptions { CertificateAuthorities = registry.CertificateAuthorities, Timings = registry.Timings };

    /// <summary>The image with the archive's image ID; where the archive has none, the one for its architecture.</summary>
    private static async Task<(FoundImage? Image, OciConfig? Config)> FindAsync(
        RegistryStore store, ImageReference image, CheckpointArchive archive, CancellationToken cancellationToken)
    {
        const string Sha256 = "sha256:";
        var reference = image.Digest?.ToString() ?? image.Tag ?? "latest";
        var recorded = archive.ImageId?.StartsWith(Sha256, StringComparison.Ordinal) == false ? Sha256 + archive.ImageId : archive.ImageId;
        var id = Digest.TryParse(recorded, out var digest) ? digest : null;
        var finder = new ImageFinder(store);
        foreach (var found in await finder.ReadAsync(new StoredName(reference, image.ToString(), null), cancellationToken).ConfigureAwait(false))
        {
            if (found.Manifest.Config is not { } config || (id is not null && image.Digest is null && config.Digest != id))
                continue;
            var content = await finder.ReadConfigAsync(found, cancellationToken).ConfigureAwait(false);
            if (config.Digest == id || content.Architecture is null || content.Architecture == (archive.Architecture ?? content.Architecture))
                return (found, content);
        }
        return (null, null);
    }

    private static BaseImageFiles Read(
        RegistryStore store, FoundImage image, OciConfig config, IReadOnlyCollection<string> folders, CancellationToken cancellationToken)
    {
        var layers = image.Manifest.Layers;
        var size = layers.Sum(layer => layer.Size);
        if (size > LargestImage)
            return Unknown($"'{image.Reference}' is larger than {LargestImage} bytes");
        if (config.DiffIds.Count != layers.Count)
            return Unknown($"the config of '{image.Reference}' does not match its layers");
        var budget = new ArchiveBudget(image.Reference, size);
        var files = new LayeredFiles(folders, budget);
        foreach (var (layer, diffId) in layers.Zip(config.DiffIds))
            ReadLayer(store, layer, diffId, files, budget, cancellationToken);
        return new BaseImageFiles(files.Files, null);
    }

    private static void ReadLayer(
        RegistryStore store, OciDescriptor layer, string diffId, LayeredFiles files, ArchiveBudget budget, CancellationToken cancellationToken)
    {
        var path = layer.Digest.ToString();
        if (OciMediaTypes.CompressionOf(layer.MediaType) is not { } compression)
            throw ImageFailure.ImageDocumentInvalid(path, $"'{layer.MediaType}' is not the media type of a layer");
        using var source = store.OpenBlob(layer, cancellationToken);
        using var hash = layer.Digest.CreateHash();
        using var buffered = new BufferedStream(new ByteSourceStream(source, 0, source.Length), BufferSize);
        using var blob = new WatchedStream(buffered, bytes =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            hash.AppendData(bytes);
        });
        using var content = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var plain = compression == ArchiveCompression.None ? null : new DecompressedStream(path, blob, compression);
        var tar = new WatchedStream(plain ?? (Stream)blob, content.AppendData);
        files.Apply(new TarScanner(tar, path, cancellationToken, TarContent.RootFs, budget));
        tar.ReadToEnd(_ => { });
        blob.ReadToEnd(_ => { });
        BlobCheck.Compare(store.Place, layer.Digest, Digest.Of(hash));
        if (Digest.Of(content).ToString() is var actual && actual != diffId)
            throw ImageFailure.ImageDocumentInvalid(path, $"its tar has the digest {actual}; the config says {diffId}");
    }
}

using KubeCheckpoint.Images.Oci;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Images;

/// <summary>Sends archives to a repository while they arrive from their nodes.</summary>
internal sealed class ArchiveUploads : IDisposable
{
    private readonly RegistryClient _registry;

    private ArchiveUploads(RegistryClient registry) => _registry = registry;

    /// <summary>Connects to the registry, and proves with an upload that is not continued that it accepts blobs.</summary>
    /// <param name="repository">Registry and repository.</param>
    /// <param name="options">How to connect.</param>
    /// <param name="cancellationToken">Cancels the requests.</param>
    /// <exception cref="KubeCheckpointException">ImageNameInvalid, ImageTargetInvalid, and the failures of a registry.</exception>
    public static async Task<ArchiveUploads> OpenAsync(string repository, RegistryOptions options, CancellationToken cancellationToken)
    {
        var image = ImageTarget.Of(null, repository, "latest", repository)!;
        var registry = await RegistryClient.OpenForPushAsync(image, options, cancellationToken).ConfigureAwait(false);
        try
        {
            using var nothing = new BytesSource(image.Registry, []);
            var upload = new BlobUpload(registry, nothing, TransferMeter.None);
            await upload.BeginAsync(null, cancellationToken).ConfigureAwait(false);
            await upload.AbandonAsync().ConfigureAwait(false);
            return new(registry);
        }
        catch
        {
            registry.Dispose();
            throw;
        }
    }

    /// <summary>An upload of one archive, which begins when its size is known.</summary>
    public IArchiveUpload Add() => new ArchiveUpload(_registry);

    public void Dispose() => _registry.Dispose();
}

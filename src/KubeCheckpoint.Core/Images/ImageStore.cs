using KubeCheckpoint.Images.Layout;
using KubeCheckpoint.Images.Oci;
using KubeCheckpoint.Images.Registry;
using KubeCheckpoint.Images.Stores;

namespace KubeCheckpoint.Images;

/// <summary>Opens the store of a query or an image.</summary>
internal static class ImageStore
{
    public static async Task<IImageStore> OpenAsync(RestoreImageQuery query, CancellationToken cancellationToken)
    {
        if (query.Path is { } path)
            return await Task.Run(() => LayoutStore.Open(path, cancellationToken), cancellationToken).ConfigureAwait(false);
        var image = ImageReference.Parse(query.Reference ?? query.Repository ?? throw new ArgumentException("The query is empty.", nameof(query)));
        if (query.Reference is not null && image is { Tag: null, Digest: null })
            image = image with { Tag = "latest" };
        return await RegistryStore.OpenAsync(image, query.Registry, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Opens the store of an image that was created or found.</summary>
    public static Task<IImageStore> OpenAsync(RestoreImage image, RegistryOptions registry, CancellationToken cancellationToken) => OpenAsync(
        new RestoreImageQuery { Reference = image.IsPushed ? image.Reference : null, Path = image.IsPushed ? null : image.Destination, Registry = registry },
        cancellationToken);
}

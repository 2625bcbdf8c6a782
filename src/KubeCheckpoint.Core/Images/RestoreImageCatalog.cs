using System.Runtime.CompilerServices;
using KubeCheckpoint.Images.Checks;
using KubeCheckpoint.Images.Layout;
using KubeCheckpoint.Images.Oci;
using KubeCheckpoint.Images.Registry;
using KubeCheckpoint.Images.Stores;

namespace KubeCheckpoint.Images;

/// <summary>Finds restore images in registries, layout folders and oci-archives, without reading layers.</summary>
public static class RestoreImageCatalog
{
    /// <summary>
    /// The restore images that a query leads to, in the order of the names. Other images are left out. An index gives the restore images in
    /// it, each by its digest.
    /// </summary>
    /// <param name="query">Where to look.</param>
    /// <param name="onFailure">Receives the failures of single images; the search continues.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <exception cref="KubeCheckpointException">RestoreImageNotFound, ImageNameInvalid, NotAnImageLayout, ImageDocumentInvalid for a layout's
    /// index, and the failures of a registry as a whole.</exception>
    public static async IAsyncEnumerable<RestoreImage> FindAsync(
        RestoreImageQuery query, Action<string, KubeCheckpointException> onFailure, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var store = await ImageStore.OpenAsync(query, cancellationToken).ConfigureAwait(false);
        var finder = new ImageFinder(store);
        var images = finder.EachAsync(query.IsWanted, name => ReadAsync(finder, name, cancellationToken), cancellationToken);
        await foreach (var found in images.ConfigureAwait(false))
        {
            if (found.Failure is { } failure)
                onFailure(found.Name, failure);
            else if (found.Images.Count == 0 && query.Reference is not null)
                onFailure(found.Name, RestoreImageFailure.NotARestoreImage(found.Name));
            foreach (var image in found.Images)
                yield return image;
        }
    }

    /// <summary>The restore image that a reference leads to, or all those in an index.</summary>
    /// <param name="reference">The reference; the default tag is <c>latest</c>.</param>
    /// <param name="registry">How to connect to the registry.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <exception cref="KubeCheckpointException">NotARestoreImage, and the failures of <see cref="FindAsync"/>.</exception>
    public static async Task<IReadOnlyList<RestoreImage>> GetAsync(string reference, RegistryOptions registry, CancellationToken cancellationToken)
    {
        var images = new List<RestoreImage>();
        var query = new RestoreImageQuery { Reference = reference, Registry = registry };
        await foreach (var image in FindAsync(query, (_, failure) => throw failure, cancellationToken).ConfigureAwait(false))
            images.Add(image);
        return images;
    }

    /// <summary>Why no runtime recognizes a restore image as it is, with the cure; or null.</summary>
    /// <param name="image">The image.</param>
    public static string? WarningFor(RestoreImage image) => CheckpointAnnotations.Problem(image.AnnotationSource) is { } problem
        ? $"'{image.Reference}' is a restore image that runtimes do not recognize. {problem}. " +
            "Publish-RestoreImage copies it with the annotations on the manifest."
        : null;

    /// <summary>The digest of the manifest or index that a name leads to, or null where the registry does not have it. Nothing is pulled.</summary>
    /// <param name="image">The image's name; the default tag is <c>latest</c>.</param>
    /// <param name="registry">How to connect to the registry.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <exception cref="KubeCheckpointException">ImageNameInvalid, and the failures of a registry.</exception>
    internal static async Task<string?> FindDigestAsync(string image, RegistryOptions registry, CancellationToken cancellationToken)
    {
        var name = ImageReference.Parse(image);
        using var client = await RegistryClient.OpenForPullAsync(name, registry, cancellationToken).ConfigureAwait(false);
        return await new RegistryPull(client).FindDigestAsync(name.Digest?.ToString() ?? name.Tag ?? "latest", cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The tags of a repository.</summary>
    /// <param name="repository">Registry and repository.</param>
    /// <param name="registry">How to connect to the registry.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <exception cref="KubeCheckpointException">RestoreImageNotFound, ImageNameInvalid, and the failures of a registry.</exception>
    public static async Task<IReadOnlyList<string>> ListTagsAsync(string repository, RegistryOptions registry, CancellationToken cancellationToken)
    {
        using var client = await RegistryClient.OpenForPullAsync(ImageReference.Parse(repository), registry, cancellationToken).ConfigureAwait(false);
        var tags = new List<string>();
        await foreach (var tag in new RegistryPull(client).ListTagsAsync(cancellationToken).ConfigureAwait(false))
            tags.Add(tag);
        return tags;
    }

    /// <summary>The names of the images in a layout folder or oci-archive.</summary>
    /// <param name="path">The folder or file.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <exception cref="KubeCheckpointException">NotAnImageLayout, ImageDocumentInvalid, and the failures of reading an archive.</exception>
    public static IReadOnlyList<string> ListNames(string path, CancellationToken cancellationToken)
    {
        using var store = LayoutStore.Open(path, cancellationToken);
        return [.. store.List().Select(name => name.Name)];
    }

    private static async Task<Found> ReadAsync(ImageFinder finder, StoredName name, CancellationToken cancellationToken)
    {
        try
        {
            var images = new List<RestoreImage>();
            foreach (var image in await finder.ReadAsync(name, cancellationToken).ConfigureAwait(false))
            {
                if (CheckpointAnnotations.Of(image) is { } annotations)
                    images.Add(RestoreImageReader.Read(image, annotations, await finder.ReadConfigAsync(image, cancellationToken).ConfigureAwait(false)));
            }
            return new Found(name.Reference, images, null);
        }
        catch (KubeCheckpointException failure)
        {
            return new Found(name.Reference, [], failure);
        }
    }

    private sealed record Found(string Name, IReadOnlyList<RestoreImage> Images, KubeCheckpointException? Failure);
}

using System.Runtime.CompilerServices;
using KubeCheckpoint.Images.Layout;
using KubeCheckpoint.Images.Oci;
using KubeCheckpoint.Images.Registry;
using KubeCheckpoint.Images.Stores;

namespace KubeCheckpoint.Images;

/// <summary>Finds restore images in registries, layout folders and oci-archives, without reading layers.</summary>
public static class RestoreImageCatalog
{
    /// <summary>
    /// The restore images a query leads to, in the order of the names. Other images are left out; of an index the restore images in
    /// it are taken, each by its digest.
    /// </summary>
    /// <param name="query">Where to look.</param>
    /// <param name="onFailure">Gets what is wrong with single images; the search goes on.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="KubeCheckpointException">RestoreImageNotFound, ImageNameInvalid, NotAnImageLayout, ImageDocumentInvalid of a layout's
    /// index, and those of a registry as a whole.</exception>
    public static async IAsyncEnumerable<RestoreImage> FindAsync(
        RestoreImageQuery query, Action<string, KubeCheckpointException> onFailure, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var store = await ImageStore.OpenAsync(query, cancellationToken).ConfigureAwait(false);
        var finder = new ImageFinder(store);
        await foreach (var found in finder.EachAsync(query.IsWanted, name => ReadAsync(finder, name, cancellationToken), cancellationToken).ConfigureAwait(false))
        {
            if (found.Failure is { } failure)
                onFailure(found.Name, failure);
            else if (found.Images.Count == 0 && query.Reference is not null)
                onFailure(found.Name, ImageFailure.NotARestoreImage(found.Name));
            foreach (var image in found.Images)
                yield return image;
        }
    }

    /// <summary>The restore image that a reference leads to; of an index all that are in it.</summary>
    /// <param name="reference">The reference; without a tag or digest it is <c>latest</c>.</param>
    /// <param name="registry">How to speak to the registry.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="KubeCheckpointException">NotARestoreImage; what <see cref="FindAsync"/> throws and tells.</exception>
    public static async Task<IReadOnlyList<RestoreImage>> GetAsync(string reference, RegistryOptions registry, CancellationToken cancellationToken)
    {
        var images = new List<RestoreImage>();
        var query = new RestoreImageQuery { Reference = reference, Registry = registry };
        await foreach (var image in FindAsync(query, (_, failure) => throw failure, cancellationToken).ConfigureAwait(false))
            images.Add(image);
        return images;
    }

    /// <summary>The tags of a repository.</summary>
    /// <param name="repository">Registry and repository.</param>
    /// <param name="registry">How to speak to the registry.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="KubeCheckpointException">RestoreImageNotFound, ImageNameInvalid, and those of a registry.</exception>
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
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="KubeCheckpointException">NotAnImageLayout, ImageDocumentInvalid, and what reading an archive throws.</exception>
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
                if (RestoreImageReader.IsRestoreImage(image.Manifest))
                    images.Add(RestoreImageReader.Read(image, await finder.ReadConfigAsync(image, cancellationToken).ConfigureAwait(false)));
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

using KubeCheckpoint.Images.Oci;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Images;

/// <summary>Asks registries what image a name leads to now, without pulling anything.</summary>
public static class ImageDigests
{
    /// <summary>The digest of the manifest or index that an image's tag leads to, or null where the registry does not have it.</summary>
    /// <param name="image">The image's name; without a tag or digest it is <c>latest</c>.</param>
    /// <param name="options">How the registry is spoken to.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="KubeCheckpointException">
    /// ImageNameInvalid, RegistryUnreachable, RegistryUnauthorized, RegistryForbidden and the other failures of a registry.
    /// </exception>
    public static async Task<string?> FindAsync(string image, RegistryOptions options, CancellationToken cancellationToken)
    {
        var name = ImageReference.Parse(image);
        using var registry = await RegistryClient.OpenForPullAsync(name, options, cancellationToken).ConfigureAwait(false);
        return await new RegistryPull(registry).FindDigestAsync(name.Digest?.ToString() ?? name.Tag ?? "latest", cancellationToken).ConfigureAwait(false);
    }
}

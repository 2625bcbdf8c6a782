using System.Diagnostics.CodeAnalysis;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images;

/// <summary>The name under which an image is pushed: a reference with a tag.</summary>
public static class ImageTarget
{
    /// <summary>Checks that a text is the name of an image.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="KubeCheckpointException">ImageNameInvalid.</exception>
    public static void CheckName(string name) => ImageReference.Parse(name);

    /// <summary>Checks a repository for an image to push: it has neither a tag nor a digest.</summary>
    /// <param name="repository">Registry and repository.</param>
    /// <exception cref="KubeCheckpointException">ImageNameInvalid.</exception>
    public static void CheckRepository(string repository) => OfRepository(repository, "latest");

    /// <summary>The name that a reference or a repository gives an image; null where neither is given.</summary>
    /// <param name="reference">A reference; its default tag is <c>latest</c>.</param>
    /// <param name="repository">Registry and repository.</param>
    /// <param name="tag">The tag in the repository.</param>
    /// <param name="source">What the image is created from, for the message.</param>
    /// <exception cref="KubeCheckpointException">ImageNameInvalid or ImageTargetInvalid.</exception>
    internal static ImageReference? Of(string? reference, string? repository, string tag, string source) => (reference, repository) switch
    {
        (not null, not null) => throw RestoreImageFailure.ImageTargetInvalid(source, "both a reference and a repository are given"),
        (not null, null) => OfReference(reference),
        (null, not null) => OfRepository(repository, tag),
        _ => null,
    };

    /// <summary>The name in a layout as a name to push under, where it is a full reference: layouts may use any name.</summary>
    internal static bool TryParseFull(string name, [NotNullWhen(true)] out ImageReference? image)
    {
        if (ImageReference.TryParse(name, out image, out _) && !name.StartsWith(image.Registry + "/", StringComparison.Ordinal))
            image = null;
        return image is not null;
    }

    private static ImageReference OfReference(string reference)
    {
        var image = ImageReference.Parse(reference);
        return image.Digest is null
            ? image with { Tag = image.Tag ?? "latest" }
            : throw ImageFailure.ImageNameInvalid(reference, "an image is pushed under a tag; its digest follows from its content");
    }

    private static ImageReference OfRepository(string repository, string tag) =>
        ImageReference.Parse(repository) is { Tag: null, Digest: null } image
            ? image with { Tag = tag }
            : throw ImageFailure.ImageNameInvalid(repository, "a repository has no tag or digest; use a reference for that");
}

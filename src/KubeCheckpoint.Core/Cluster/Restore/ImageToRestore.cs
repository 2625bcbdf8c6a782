using KubeCheckpoint.Archives;
using KubeCheckpoint.Images;
using KubeCheckpoint.Images.Content;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Cluster.Restore;

/// <summary>What a container is restored from.</summary>
/// <param name="ContainerName">The container.</param>
/// <param name="Image">What stands in the pod's spec: the image by its digest where that is known, else by its reference.</param>
internal abstract record ImageToRestore(string ContainerName, string Image)
{
    /// <summary>What names the image in messages.</summary>
    public abstract string Reference { get; }

    public abstract string? Namespace { get; }

    public abstract string? PodName { get; }

    /// <summary>The pod as it was at the checkpoint, or null.</summary>
    public abstract PodManifest? PodManifest { get; }

    /// <summary>What the container must find where it is restored, or null where that is not known.</summary>
    public abstract RestoreNeeds? Needs { get; }

    /// <summary>The image that the container ran, or null where it is not known.</summary>
    public virtual string? BaseImage => Needs?.BaseImageDigest ?? Needs?.BaseImage;

    /// <summary>An image that a registry has.</summary>
    public sealed record Pushed(RestoreImage Restored) : ImageToRestore(Restored.ContainerName, PulledBy(Restored))
    {
        public override string Reference => Restored.Reference;

        public override string? Namespace => Restored.Namespace;

        public override string? PodName => Restored.PodName;

        public override PodManifest? PodManifest => Restored.PodManifest;

        public override RestoreNeeds? Needs => Restored.Needs;

        public override string? BaseImage => base.BaseImage ?? Restored.BaseImage;

        /// <summary><c>repository@digest</c>: a tag may have moved to another checkpoint since, and CRI-O refuses tag and digest together.</summary>
        private static string PulledBy(RestoreImage image)
        {
            if (!image.IsPushed)
                throw RestoreFailure.RestoreImageNotPushed(image.Reference, image.Destination);
            if (RestoreImageCatalog.WarningFor(image) is { } problem)
                throw RestoreFailure.RestoreImageNotRecognized(image.Reference, problem);
            return $"{ImageReference.Parse(image.Reference) with { Tag = null, Digest = null }}@{image.Digest}";
        }
    }

    /// <summary>The image of an archive, which is still to be made: it has a tag and no digest yet.</summary>
    public sealed record Draft(CheckpointArchive Archive, string Tagged) : ImageToRestore(Archive.RequireContainerName(), Tagged)
    {
        public override string Reference => Tagged;

        public override string? Namespace => Archive.Namespace;

        public override string? PodName => Archive.PodName;

        public override PodManifest? PodManifest => Archive.PodManifest;

        public override RestoreNeeds? Needs => Archive.Needs;
    }

    /// <summary>An image that cannot be read from here.</summary>
    public sealed record Unread(UnreadImage Named) : ImageToRestore(Named.ContainerName, Named.Reference)
    {
        public override string Reference => Named.Reference;

        public override string? Namespace => Named.Namespace;

        public override string? PodName => Named.PodName;

        public override PodManifest? PodManifest => null;

        public override RestoreNeeds? Needs => null;
    }

    /// <summary>What a request wants restored.</summary>
    /// <param name="request">The request.</param>
    /// <param name="runtime">The runtime for which images of archives are made; null for that of each archive.</param>
    /// <exception cref="KubeCheckpointException">NoRestoreImage, RestoreImageNotPushed, RestoreImageNotRecognized, RepositoryMissing.</exception>
    public static IReadOnlyList<ImageToRestore> Of(RestoreRequest request, CheckpointEngine? runtime)
    {
        List<ImageToRestore> images =
        [
            .. request.Images.Select(image => new Pushed(image)),
            .. request.Unread.Select(image => new Unread(image)),
            .. request.Archives.Select(archive => DraftOf(archive, request.Repository, runtime ?? archive.RequireEngine())),
        ];
        return images.Count > 0 ? images : throw RestoreFailure.NoRestoreImage();
    }

    private static Draft DraftOf(CheckpointArchive archive, string? repository, CheckpointEngine runtime) => repository is null
        ? throw RestoreFailure.RepositoryMissing(archive.Path)
        : new(archive, $"{repository}:{RestoreImageTag.Of(archive, runtime)}");
}

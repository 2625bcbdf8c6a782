using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Volumes;

namespace KubeCheckpoint.Cluster.Restore;

/// <summary>What a restore is going to do.</summary>
public sealed record RestorePlan
{
    internal RestorePlan(RestoreRequest request, PodPlacement placement, IReadOnlyList<ImageToRestore> images, PodDocument original, PodDocument pod)
    {
        Request = request;
        Placement = placement;
        Images = images;
        Original = original;
        Pod = pod;
    }

    /// <summary>The same plan, which tells what the user should know of its images.</summary>
    /// <param name="onWarning">Called from any thread.</param>
    public RestorePlan WithWarningsTo(Action<string> onWarning) => this with { Request = Request with { OnWarning = onWarning } };

    /// <summary>The new pod's manifest. Images that are still to be pushed are named by their tags.</summary>
    public PodManifest Manifest => Pod.ToManifest();

    /// <summary>The runtime that is to restore, and for which images of archives are made; null where it is not known.</summary>
    public CheckpointEngine? Runtime => Placement.Runtime;

    /// <summary>True where images of archives are still to be made and pushed.</summary>
    public bool HasImagesToPush => Drafts.Any();

    /// <summary>The containers that continue from a checkpoint.</summary>
    public IEnumerable<string> RestoredContainers => Images.Select(image => image.ContainerName).Distinct(StringComparer.Ordinal);

    /// <summary>The new pod's namespace.</summary>
    public string Namespace => Pod.Namespace;

    /// <summary>The new pod's name, to which a number is added where it is taken and was not the user's choice.</summary>
    public string PodName => Pod.Name;

    /// <summary>The node it is bound to, or null where the scheduler chooses.</summary>
    public string? NodeName => Pod.NodeName;

    /// <summary>True where the kubelet starts a restored container that ends once more, from the same checkpoint.</summary>
    public bool RestartsFromCheckpoint => Pod.RestartsContainers;

    internal RestoreRequest Request { get; private init; }

    internal PodPlacement Placement { get; }

    internal IReadOnlyList<ImageToRestore> Images { get; init; }

    /// <summary>The volumes whose content is put back before the containers start.</summary>
    internal IReadOnlyList<VolumeToRestore> Volumes { get; init; } = [];

    /// <summary>The pod that was checkpointed.</summary>
    internal PodDocument Original { get; }

    /// <summary>The pod to be made. Whoever changes it makes a copy first.</summary>
    internal PodDocument Pod { get; init; }

    /// <summary>The restore images that a registry has by now.</summary>
    internal IReadOnlyList<RestoreImage> PushedImages => [.. Images.OfType<ImageToRestore.Pushed>().Select(image => image.Restored)];

    internal IEnumerable<ImageToRestore.Draft> Drafts => Images.OfType<ImageToRestore.Draft>();
}

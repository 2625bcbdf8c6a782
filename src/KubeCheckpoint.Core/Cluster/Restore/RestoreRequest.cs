using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Cluster.Restore;

/// <summary>Which pod to make from which restore images and archives.</summary>
public sealed record RestoreRequest
{
    /// <summary>The restore images, one for each container that is to be restored; the other containers start from their own images.</summary>
    public IReadOnlyList<RestoreImage> Images { get; init; } = [];

    /// <summary>Images of containers of the pod whose registry cannot be reached from here.</summary>
    public IReadOnlyList<UnreadImage> Unread { get; init; } = [];

    /// <summary>Archives of containers of the pod, of which images are made and pushed first.</summary>
    public IReadOnlyList<CheckpointArchive> Archives { get; init; } = [];

    /// <summary>Registry and repository for the images of the archives, without a tag.</summary>
    public string? Repository { get; init; }

    /// <summary>How that registry is spoken to.</summary>
    public RegistryOptions Registry { get; init; } = new();

    /// <summary>The manifest that the new pod is made from. Null: the one stored with the images or archives, else that of the live pod.</summary>
    public PodManifest? Manifest { get; init; }

    /// <summary>The new pod's name. Null: the old one with <c>-restored</c>, and a number where that exists.</summary>
    public string? Name { get; init; }

    /// <summary>The new pod's namespace. Null: the old one's.</summary>
    public string? Namespace { get; init; }

    /// <summary>The node to restore on, past the scheduler. Null: the scheduler chooses.</summary>
    public string? NodeName { get; init; }

    /// <summary>The new pod's host name. Null: that of the manifest, which is the pod's name where it has none.</summary>
    public string? HostName { get; init; }

    /// <summary>True to leave the pod to its owner, a ReplicaSet for example, with the labels by which the owner knows its pods.</summary>
    public bool KeepOwnerReferences { get; init; }

    /// <summary>Labels to set; a null value takes the label away.</summary>
    public IReadOnlyDictionary<string, string?> Labels { get; init; } = new Dictionary<string, string?>();

    /// <summary>Annotations to set; a null value takes the annotation away.</summary>
    public IReadOnlyDictionary<string, string?> Annotations { get; init; } = new Dictionary<string, string?>();

    /// <summary>
    /// A change of the new pod's manifest, as JSON, made last: an object is merged as <c>kubectl patch</c> merges by default, an array is a
    /// list of operations as in RFC 6902. Null: none.
    /// </summary>
    public string? Patch { get; init; }

    /// <summary>A change of the new pod's manifest in code, made after <see cref="Patch"/>. Null: none.</summary>
    public Func<PodManifest, Task<PodManifest>>? Change { get; init; }

    /// <summary>True to have the images that the containers once ran from pulled to the node before the pod is made.</summary>
    public bool PullBaseImages { get; init; } = true;

    /// <summary>True to delete a pod that does not become ready, or is no longer waited for.</summary>
    public bool RemoveOnFailure { get; init; }

    /// <summary>How long to wait until the pod is Running and Ready.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The name of the pod that was checkpointed, where anything tells it.</summary>
    internal string? SourcePodName =>
        Images.Select(image => image.PodName).Concat(Archives.Select(archive => archive.PodName)).FirstOrDefault(name => name is not null);
}

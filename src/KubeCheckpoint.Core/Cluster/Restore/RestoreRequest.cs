using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Cluster.Restore;

/// <summary>A pod to restore from restore images and archives.</summary>
public sealed record RestoreRequest
{
    /// <summary>The restore images, one for each container that is to be restored; the other containers start from their own images.</summary>
    public IReadOnlyList<RestoreImage> Images { get; init; } = [];

    /// <summary>Images of containers of the pod whose registry cannot be reached from here.</summary>
    public IReadOnlyList<UnreadImage> Unread { get; init; } = [];

    /// <summary>Archives of containers of the pod, of which images are built and pushed first.</summary>
    public IReadOnlyList<CheckpointArchive> Archives { get; init; } = [];

    /// <summary>Registry and repository for the images of the archives, without a tag.</summary>
    public string? Repository { get; init; }

    /// <summary>How to connect to the registry.</summary>
    public RegistryOptions Registry { get; init; } = new();

    /// <summary>Called with what the user should know of the images of the archives. May be called from any thread. Null: nobody is told.</summary>
    public Action<string>? OnWarning { get; init; }

    /// <summary>The manifest that the new pod is made from. Null: the one stored with the images or archives, else that of the live pod.</summary>
    public PodManifest? Manifest { get; init; }

    /// <summary>The new pod's name. Null: the old name with <c>-restored</c>, and a number if that exists.</summary>
    public string? Name { get; init; }

    /// <summary>The new pod's namespace. Null: that of the old pod.</summary>
    public string? Namespace { get; init; }

    /// <summary>The node to restore on, bypassing the scheduler. Null: the scheduler chooses.</summary>
    public string? NodeName { get; init; }

    /// <summary>The new pod's host name. Null: that of the manifest, or the pod's name if it has none.</summary>
    public string? HostName { get; init; }

    /// <summary>True to keep the pod's owner, a ReplicaSet for example, and the labels by which the owner selects its pods.</summary>
    public bool KeepOwnerReferences { get; init; }

    /// <summary>Labels to set; a null value removes the label.</summary>
    public IReadOnlyDictionary<string, string?> Labels { get; init; } = new Dictionary<string, string?>();

    /// <summary>Annotations to set; a null value removes the annotation.</summary>
    public IReadOnlyDictionary<string, string?> Annotations { get; init; } = new Dictionary<string, string?>();

    /// <summary>
    /// A change of the new pod's manifest, as JSON, made last: an object is merged as <c>kubectl patch</c> merges by default, an array is a
    /// list of operations as in RFC 6902. Null: none.
    /// </summary>
    public string? Patch { get; init; }

    /// <summary>A change of the new pod's manifest in code, made after <see cref="Patch"/>. Null: none.</summary>
    public Func<PodManifest, Task<PodManifest>>? Change { get; init; }

    /// <summary>True to put back the content of volumes that is kept beside the archives.</summary>
    public bool RestoresVolumes { get; init; } = true;

    /// <summary>Archives, or folders of archives, whose volumes are put back. Empty: those beside the archives that are restored.</summary>
    public IReadOnlyList<string> VolumePaths { get; init; } = [];

    /// <summary>True to put back volumes that were saved with another checkpoint.</summary>
    public bool ForcesVolumes { get; init; }

    /// <summary>The image and pull policy of the init container that puts volumes back, and of the helper pod that reads CRIU's log.</summary>
    public ArchiveTransferOptions Helper { get; init; } = new();

    /// <summary>True to pull the images that the containers ran from to the node before the pod is created.</summary>
    public bool PullBaseImages { get; init; } = true;

    /// <summary>True to compare all files of the restored pod with its archives, false for a sample.</summary>
    public bool ComparesAllFiles { get; init; }

    /// <summary>True to delete a pod that does not become ready, or when the restore is cancelled.</summary>
    public bool RemoveOnFailure { get; init; }

    /// <summary>How long to wait until the pod is Running and Ready.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>True to read CRIU's log on the node if the restore fails, through a helper pod made for it.</summary>
    public bool ReadsLog { get; init; }

    /// <summary>Called just before the pod is created, or null.</summary>
    internal Func<CancellationToken, Task>? BeforeCreation { get; init; }

    /// <summary>The base images that were pulled to the node just before.</summary>
    internal IReadOnlyList<string> PulledImages { get; init; } = [];

    /// <summary>Reads CRIU's log on the node if the restore fails, in place of <see cref="ReadsLog"/>; or null.</summary>
    internal CatchRestoreLog? CatchLog { get; init; }

    /// <summary>The name of the pod that was checkpointed, where anything tells it.</summary>
    internal string? SourcePodName =>
        Images.Select(image => image.PodName).Concat(Archives.Select(archive => archive.PodName)).FirstOrDefault(name => name is not null);
}

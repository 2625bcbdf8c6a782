using KubeCheckpoint.Cluster.Preflight.Restores;
using KubeCheckpoint.Cluster.Probes;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Cluster.Volumes;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Cluster.Moves;

/// <summary>A pod to move, and where to move it.</summary>
public sealed record MoveRequest
{
    /// <summary>The pod, freshly read.</summary>
    public required Pod Pod { get; init; }

    /// <summary>The target node.</summary>
    public required string NodeName { get; init; }

    /// <summary>Registry and repository for the restore images, without a tag.</summary>
    public required string Repository { get; init; }

    /// <summary>How to connect to the registry.</summary>
    public RegistryOptions Registry { get; init; } = new();

    /// <summary>
    /// The new pod's name. Null: a name like those its ReplicaSet generates; for a pod without an owner, the old name with <c>-moved</c>.
    /// </summary>
    public string? Name { get; init; }

    /// <summary>True to move the pod out of an owner that would not adopt the new one.</summary>
    public bool AsStandalone { get; init; }

    /// <summary>True to move to a cordoned node, and even if the preflight fails.</summary>
    public bool Force { get; init; }

    /// <summary>The local folder to keep the archives in. Null: they are removed at the end.</summary>
    public string? Destination { get; init; }

    /// <summary>Copies the content of emptyDir volumes and /dev/shm to the new pod. Null: it is left behind. The caller disposes of it.</summary>
    public VolumeTransfer? Volumes { get; init; }

    /// <summary>The image and pull policy of the init container that puts volumes back.</summary>
    public ArchiveTransferOptions Helper { get; init; } = new();

    /// <summary>True to hold the original still from its checkpoint until the new pod has replaced it.</summary>
    public bool Freezes { get; init; } = true;

    /// <summary>How long the original may be frozen; null for as long as its liveness probes allow.</summary>
    public TimeSpan? MaxFreeze { get; init; }

    /// <summary>How long the runtime may take for a checkpoint, or null for the kubelet's own limit.</summary>
    public TimeSpan? CheckpointTimeout { get; init; }

    /// <summary>How long to wait until the new pod is Running and Ready.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>True to pull the images that the containers ran from to the node first.</summary>
    public bool PullBaseImages { get; init; } = true;

    /// <summary>True to compare all files of the new pod with the archives before the original is removed, false for a sample.</summary>
    public bool ComparesAllFiles { get; init; }

    /// <summary>What runs before the checkpoint; a failure ends the move. The pod's annotation comes after these.</summary>
    public IReadOnlyList<IMoveHook> Before { get; init; } = [];

    /// <summary>What runs at the end in the pod that stays, whatever becomes of the move. The pod's annotation comes before these.</summary>
    public IReadOnlyList<IMoveHook> After { get; init; } = [];

    /// <summary>The probes that the new pod must pass before the original is removed.</summary>
    public IReadOnlyList<IPodProbe> Probes { get; init; } = [];

    /// <summary>How long each probe may take.</summary>
    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Checks before an image is pushed whether each archive can be restored on the node. If one cannot, the move fails unless
    /// <see cref="Force"/> is set. Null: no check. The caller disposes of it.
    /// </summary>
    public RestorePreflight? Preflight { get; init; }
}

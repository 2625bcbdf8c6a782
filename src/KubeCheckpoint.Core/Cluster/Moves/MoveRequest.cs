using KubeCheckpoint.Cluster.Preflight.Restores;
using KubeCheckpoint.Cluster.Probes;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Cluster.Moves;

/// <summary>Which pod to move, and where to.</summary>
public sealed record MoveRequest
{
    /// <summary>The pod as it was read just now.</summary>
    public required Pod Pod { get; init; }

    /// <summary>The node it is to run on.</summary>
    public required string NodeName { get; init; }

    /// <summary>Registry and repository for the restore images, without a tag.</summary>
    public required string Repository { get; init; }

    /// <summary>How that registry is spoken to.</summary>
    public RegistryOptions Registry { get; init; } = new();

    /// <summary>
    /// The new pod's name. Null: like those its ReplicaSet gives, and for a pod that stands alone the old one with <c>-moved</c>.
    /// </summary>
    public string? Name { get; init; }

    /// <summary>True to take the pod out of an owner that would not take the new one for its own.</summary>
    public bool AsStandalone { get; init; }

    /// <summary>True to move to a cordoned node as well, and in spite of what the preflight says.</summary>
    public bool Force { get; init; }

    /// <summary>The local folder that the archives are kept in. Null: they are removed at the end.</summary>
    public string? Destination { get; init; }

    /// <summary>How long the runtime may take for a checkpoint, or null for the kubelet's own limit.</summary>
    public TimeSpan? CheckpointTimeout { get; init; }

    /// <summary>How long to wait until the new pod is Running and Ready.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>True to have the images that the containers ran from pulled to the node first.</summary>
    public bool PullBaseImages { get; init; } = true;

    /// <summary>What the new pod must answer before the original goes.</summary>
    public IReadOnlyList<IPodProbe> Probes { get; init; } = [];

    /// <summary>How long each probe may take.</summary>
    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Says of each archive, before anything is pushed, whether it will come back on the node. Where it says no, the move ends, unless
    /// <see cref="Force"/> is given. Null: nothing is asked. Stays the caller's to dispose of.
    /// </summary>
    public RestorePreflight? Preflight { get; init; }
}

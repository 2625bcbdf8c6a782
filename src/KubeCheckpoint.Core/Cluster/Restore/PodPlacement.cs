using KubeCheckpoint.Cluster.Nodes;

namespace KubeCheckpoint.Cluster.Restore;

/// <summary>The nodes that a restored pod may run on, and their runtime.</summary>
internal sealed record PodPlacement
{
    /// <summary>Nothing is known about the nodes: the scheduler chooses any.</summary>
    public static readonly PodPlacement Anywhere = new();

    /// <summary>The node to bind the pod to, bypassing the scheduler, or null.</summary>
    public string? NodeName { get; init; }

    /// <summary>The object of that node, or null if it may not be read.</summary>
    public ClusterNode? Node { get; init; }

    /// <summary>The runtime of every node the pod may run on, or null if it is not known.</summary>
    public CheckpointEngine? Runtime { get; init; }

    /// <summary>The nodes that fit.</summary>
    public IReadOnlyList<ClusterNode> Fitting { get; init; } = [];

    /// <summary>The nodes that do not fit, and are excluded from scheduling.</summary>
    public IReadOnlyList<ClusterNode> Unfit { get; init; } = [];
}

using KubeCheckpoint.Cluster.Nodes;

namespace KubeCheckpoint.Cluster.Restore;

/// <summary>Where a restored pod may run, and which runtime it finds there.</summary>
internal sealed record PodPlacement
{
    /// <summary>Nothing is known of the nodes: the scheduler takes any.</summary>
    public static readonly PodPlacement Anywhere = new();

    /// <summary>The one node, past the scheduler, or null.</summary>
    public string? NodeName { get; init; }

    /// <summary>The one node as the API server shows it, or null where it may not be read.</summary>
    public ClusterNode? Node { get; init; }

    /// <summary>The runtime of every node the pod may run on, or null where that is not known.</summary>
    public CheckpointEngine? Runtime { get; init; }

    /// <summary>The nodes that fit.</summary>
    public IReadOnlyList<ClusterNode> Fitting { get; init; } = [];

    /// <summary>The nodes that do not, and are kept from the scheduler.</summary>
    public IReadOnlyList<ClusterNode> Unfit { get; init; } = [];
}

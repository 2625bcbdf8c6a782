using KubeCheckpoint.Cluster.Nodes;
using KubeCheckpoint.Cluster.Pods;

namespace KubeCheckpoint.Cluster.Moves;

/// <summary>What a move will do, and what that means for the pod.</summary>
public sealed record MovePlan
{
    internal MovePlan(MoveRequest request, PodDocument manifest, ClusterNode node)
    {
        Request = request;
        Manifest = manifest;
        Node = node;
    }

    /// <summary>The request.</summary>
    public MoveRequest Request { get; }

    /// <summary>The new pod's name.</summary>
    public required string NewName { get; init; }

    /// <summary>What the move means, in sentences.</summary>
    public required IReadOnlyList<string> Consequences { get; init; }

    /// <summary>The pod.</summary>
    public Pod Pod => Request.Pod;

    internal PodDocument Manifest { get; }

    internal ClusterNode Node { get; }

    internal PodOwner? Owner { get; init; }

    /// <summary>
    /// The labels that the new pod must not have: an owner that is to adopt it would delete it while it is not ready, and an owner that is not
    /// to adopt it would do so anyway.
    /// </summary>
    internal IReadOnlyList<string> HiddenLabels { get; init; } = [];

    /// <summary>Labels by which Services would send connections to the new pod before it has replaced the original: it gets them then.</summary>
    internal IReadOnlyList<string> LateLabels { get; init; } = [];

    /// <summary>How long the original may be frozen.</summary>
    internal TimeSpan MaxFreeze { get; init; }

    /// <summary>What runs before the checkpoint.</summary>
    internal IReadOnlyList<IMoveHook> Before { get; init; } = [];

    /// <summary>What runs at the end.</summary>
    internal IReadOnlyList<IMoveHook> After { get; init; } = [];

    /// <summary>True if the owner adopts the new pod and removes the original itself.</summary>
    internal bool IsSwapped => Owner?.Adopts == true && !Request.AsStandalone;
}

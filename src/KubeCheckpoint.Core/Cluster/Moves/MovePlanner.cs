using KubeCheckpoint.Cluster.Nodes;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Restore;

namespace KubeCheckpoint.Cluster.Moves;

/// <summary>Plans the moves of several pods to several nodes, before the first of them moves.</summary>
/// <param name="mover">Plans one move.</param>
/// <param name="placement">Chooses the nodes.</param>
public sealed class MovePlanner(PodMover mover, MovePlacement placement)
{
    /// <summary>The refusals that concern a node: another one may accept the pod.</summary>
    private static readonly string[] OfNodes =
    [
        nameof(MoveFailure.MoveToSameNode), nameof(MoveFailure.NodeCordoned), nameof(MoveFailure.NodeTaintNotTolerated),
        nameof(MoveFailure.NodeTaintRepels), nameof(MoveFailure.MoveVolumeUnreachable), nameof(MoveFailure.MoveHostPortTaken),
        nameof(MoveFailure.NodeTooFull), nameof(PlacementFailure.NodeNotReady), nameof(PlacementFailure.NodeRuntimeUnsupported),
        nameof(PlacementFailure.NodeSelectorMismatch), nameof(NodeFailure.NodeNotFound),
    ];

    /// <summary>The order in which pods are placed: those that request the most memory first, because they fit in the fewest places.</summary>
    /// <param name="pods">The items, in any order.</param>
    /// <param name="podOf">The pod of an item.</param>
    public static IReadOnlyList<T> Ordered<T>(IEnumerable<T> pods, Func<T, Pod> podOf) =>
        [.. pods.OrderByDescending(item => PodDemand.Of(PodDocument.Parse(podOf(item).Manifest)).GetValueOrDefault("memory"))];

    /// <summary>Plans a move to the best of the nodes that accept the pod, and reserves its room there.</summary>
    /// <param name="pod">The pod, freshly read.</param>
    /// <param name="request">Makes the request for a node.</param>
    /// <param name="cancellationToken">Cancels the requests.</param>
    /// <exception cref="KubeCheckpointException">NodeTooFull, NoNodeForMove; what <see cref="PodMover.PlanAsync"/> throws.</exception>
    public async Task<MovePlan> PlanAsync(Pod pod, Func<string, MoveRequest> request, CancellationToken cancellationToken)
    {
        var demand = PodDemand.Of(PodDocument.Parse(pod.Manifest));
        var refusals = new List<(string Node, KubeCheckpointException Failure)>();
        foreach (var target in placement.CandidatesFor(pod))
        {
            try
            {
                var plan = await mover.PlanAsync(request(target.Node.Name), cancellationToken).ConfigureAwait(false);
                if (target.ShortagesFor(demand) is { Count: > 0 } shortages)
                    throw MoveFailure.NodeTooFull(pod.Namespace, pod.PodName, target.Node.Name, shortages);
                placement.Take(target, pod, demand);
                return plan;
            }
            catch (KubeCheckpointException failure) when (OfNodes.Contains(failure.ErrorId))
            {
                refusals.Add((target.Node.Name, failure));
            }
        }

        throw refusals is [(_, var only)] ? only : MoveFailure.NoNodeForMove(
            pod.Namespace,
            pod.PodName,
            [.. refusals.Select(refusal => $"{refusal.Node}: {refusal.Failure.Message}")],
            refusals.Select(refusal => refusal.Failure.RecommendedAction).FirstOrDefault());
    }
}

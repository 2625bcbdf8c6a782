using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Nodes;
using KubeCheckpoint.Cluster.Pods;

namespace KubeCheckpoint.Cluster.Moves;

/// <summary>
/// Chooses among several nodes for pods that move. A pod goes where it has room: first where the fewest pods of its owner are, then to its own
/// runtime, for which its image needs no second layer, then where the most memory is free.
/// </summary>
public sealed class MovePlacement
{
    private readonly List<NodeCapacity> _targets;
    private readonly Dictionary<string, CheckpointEngine?> _runtimes;
    private readonly HashSet<(string Node, string? Pod)> _listed = [];
    private readonly Dictionary<(string Node, string Owner), int> _owned = [];

    private MovePlacement(IEnumerable<ClusterNode> targets)
    {
        _targets = [.. targets.Select(node => new NodeCapacity(node))];
        _runtimes = _targets.ToDictionary(target => target.Node.Name, target => target.Node.Runtime, StringComparer.Ordinal);
    }

    /// <summary>Reads what the pods on the nodes request. Where pods may not be listed, every node has room.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="targets">The nodes to choose from.</param>
    /// <param name="pods">The pods to move.</param>
    /// <param name="cancellationToken">Cancels the requests.</param>
    /// <exception cref="KubeCheckpointException">ClusterUnreachable and the like.</exception>
    public static async Task<MovePlacement> ReadAsync(
        ClusterClient cluster, IReadOnlyList<ClusterNode> targets, IReadOnlyList<Pod> pods, CancellationToken cancellationToken)
    {
        var placement = new MovePlacement(targets);
        if (targets.Count > 1)
        {
            foreach (var name in pods.Select(pod => pod.NodeName).OfType<string>().Distinct().Where(name => !placement._runtimes.ContainsKey(name)))
                placement._runtimes[name] = (await cluster.GetNodeAsync(name, cancellationToken).ConfigureAwait(false)).Runtime;
        }

        foreach (var target in placement._targets)
        {
            var query = new PodQuery { AllNamespaces = true, NodeName = target.Node.Name };
            await foreach (var pod in cluster.GetPodsAsync(query, _ => { }, cancellationToken).ConfigureAwait(false))
            {
                if (pod.Phase is not ("Succeeded" or "Failed"))
                    placement.Take(target, pod, PodDemand.Of(PodDocument.Parse(pod.Manifest)));
            }
        }

        return placement;
    }

    /// <summary>The nodes that may receive a pod, the best first; those without room for it come last.</summary>
    internal IReadOnlyList<NodeCapacity> CandidatesFor(Pod pod)
    {
        var demand = PodDemand.Of(PodDocument.Parse(pod.Manifest));
        var runtime = _runtimes.GetValueOrDefault(pod.NodeName ?? "");
        return
        [
            .. _targets
                .Where(target => _targets.Count == 1 || target.Node.Name != pod.NodeName)
                .OrderBy(target => target.ShortagesFor(demand).Count > 0)
                .ThenBy(target => pod.OwnerUids.Sum(owner => _owned.GetValueOrDefault((target.Node.Name, owner))))
                .ThenBy(target => runtime is not null && target.Node.Runtime != runtime)
                .ThenByDescending(target => target.FreeMemory),
        ];
    }

    /// <summary>Reserves what a pod requests on the node that it will move to.</summary>
    internal void Take(NodeCapacity target, Pod pod, IReadOnlyDictionary<string, decimal> demand)
    {
        if (!_listed.Add((target.Node.Name, pod.PodUid)))
            return;
        target.Take(demand);
        foreach (var owner in pod.OwnerUids)
            _owned[(target.Node.Name, owner)] = _owned.GetValueOrDefault((target.Node.Name, owner)) + 1;
    }
}

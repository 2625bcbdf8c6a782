namespace KubeCheckpoint.Cluster.Nodes;

/// <summary>
/// How much of a node is not requested yet. Its kubelet rejects a pod that requests more (OutOfcpu, OutOfmemory, OutOfpods), however little its
/// other pods really use.
/// </summary>
/// <param name="node">The node.</param>
internal sealed class NodeCapacity(ClusterNode node)
{
    private readonly Dictionary<string, decimal> _taken = new(StringComparer.Ordinal);

    public ClusterNode Node => node;

    /// <summary>The part of the memory that is not requested, at most 1; 0 where it is not known.</summary>
    public decimal FreeMemory => node.Allocatable.GetValueOrDefault("memory") is > 0 and var all ? Free("memory") / all : 0;

    /// <summary>Takes what a pod requests.</summary>
    public void Take(IReadOnlyDictionary<string, decimal> demand)
    {
        foreach (var (name, amount) in demand)
            _taken[name] = _taken.GetValueOrDefault(name) + amount;
    }

    /// <summary>The resources that the node has too little of. None where it does not list its resources.</summary>
    public IReadOnlyList<ResourceShortage> ShortagesFor(IReadOnlyDictionary<string, decimal> demand) => node.Allocatable.Count == 0
        ? []
        :
        [
            .. demand.Where(pair => pair.Value > 0 && pair.Value > Free(pair.Key))
                .Select(pair => new ResourceShortage(pair.Key, pair.Value, Math.Max(0, Free(pair.Key)))),
        ];

    private decimal Free(string name) => node.Allocatable.GetValueOrDefault(name) - _taken.GetValueOrDefault(name);
}

/// <summary>A resource that a node has too little of.</summary>
/// <param name="Name">The name, such as <c>memory</c>.</param>
/// <param name="Requested">What a pod requests: cores of cpu, bytes of memory.</param>
/// <param name="Free">What no pod on the node has requested.</param>
internal sealed record ResourceShortage(string Name, decimal Requested, decimal Free);

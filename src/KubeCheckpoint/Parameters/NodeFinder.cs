using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Nodes;

namespace KubeCheckpoint.Parameters;

/// <summary>The nodes that a parameter names.</summary>
internal static class NodeFinder
{
    /// <param name="cluster">The cluster.</param>
    /// <param name="names">Names, with wildcards or without; null for all nodes.</param>
    /// <param name="onFailure">Is told of a name that no node has, while the others go on.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<IReadOnlyList<ClusterNode>> FindAsync(
        ClusterClient cluster, IReadOnlyList<string>? names, Action<KubeCheckpointException> onFailure, CancellationToken cancellationToken)
    {
        var patterns = NamePatterns.From(names);
        var all = names is null || patterns.Any(pattern => pattern.HasWildcards) ? await cluster.GetNodesAsync(cancellationToken) : [];
        if (names is null)
            return all;

        var found = new List<ClusterNode>();
        foreach (var pattern in patterns)
        {
            try
            {
                if (pattern.HasWildcards)
                    found.AddRange(all.Where(node => pattern.IsMatch(node.Name)));
                else
                    found.Add(await cluster.GetNodeAsync(pattern.Text, cancellationToken));
            }
            catch (KubeCheckpointException failure) when (failure.ErrorId is nameof(NodeFailure.NodeNotFound) or nameof(ConnectionFailure.InvalidName))
            {
                onFailure(failure);
            }
        }
        return [.. found.DistinctBy(node => node.Name)];
    }
}

using System.Collections;
using KubeCheckpoint.Cluster.Clients;

namespace KubeCheckpoint.Completion;

/// <summary>Completes the cluster's nodes.</summary>
public sealed class NodeNameCompleter : LiveCompleter
{
    private protected override async Task<IReadOnlyList<string>> ListAsync(ClusterTarget target, IDictionary bound, CancellationToken cancellationToken)
    {
        using var cluster = ClusterClient.Connect(target);
        return await cluster.GetNodeNamesAsync(cancellationToken);
    }
}

using System.Collections;
using KubeCheckpoint.Cluster.Access;
using KubeCheckpoint.Cluster.Clients;

namespace KubeCheckpoint.Completion;

/// <summary>Completes whom rights can be given to: the cluster's service accounts, and how users and groups are written.</summary>
public sealed class SubjectCompleter : LiveCompleter
{
    private protected override async Task<IReadOnlyList<string>> ListAsync(ClusterTarget target, IDictionary bound, CancellationToken cancellationToken)
    {
        string[] kinds = ["User:", "Group:", "ServiceAccount:"];
        try
        {
            using var cluster = ClusterClient.Connect(target);
            return [.. kinds, .. await ServiceAccounts.ListAsync(cluster, cancellationToken)];
        }
        catch (KubeCheckpointException)
        {
            return kinds;
        }
    }
}

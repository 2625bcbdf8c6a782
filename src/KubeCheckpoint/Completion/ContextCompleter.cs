using System.Collections;
using KubeCheckpoint.Cluster.Clients;

namespace KubeCheckpoint.Completion;

/// <summary>Completes the contexts of the kubeconfig.</summary>
public sealed class ContextCompleter : LiveCompleter
{
    private protected override Task<IReadOnlyList<string>> ListAsync(ClusterTarget target, IDictionary bound, CancellationToken cancellationToken) =>
        Task.FromResult(ClusterClient.GetContextNames(target.KubeConfig));
}

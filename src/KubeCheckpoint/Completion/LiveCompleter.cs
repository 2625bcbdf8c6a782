using System.Collections;

namespace KubeCheckpoint.Completion;

/// <summary>Completes names that a cluster can list.</summary>
public abstract class LiveCompleter : ListCompleter
{
    /// <summary>What tells one list from another besides the cluster: a namespace, a pod.</summary>
    /// <param name="bound">The parameters bound so far.</param>
    private protected virtual string ScopeOf(IDictionary bound) => string.Empty;

    private protected abstract Task<IReadOnlyList<string>> ListAsync(ClusterTarget target, IDictionary bound, CancellationToken cancellationToken);

    private protected sealed override string? KeyOf(IDictionary bound) =>
        $"{TargetOf(bound)}|{Environment.GetEnvironmentVariable("KUBECONFIG")}|{ScopeOf(bound)}";

    private protected sealed override Task<IReadOnlyList<string>> ListAsync(string key, IDictionary bound, CancellationToken cancellationToken) =>
        ListAsync(TargetOf(bound), bound, cancellationToken);

    private static ClusterTarget TargetOf(IDictionary bound) => new(Text(bound, "KubeConfig"), Text(bound, "Context"));
}

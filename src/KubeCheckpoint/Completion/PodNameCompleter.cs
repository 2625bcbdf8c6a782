using System.Collections;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Parameters;

namespace KubeCheckpoint.Completion;

/// <summary>Completes the pods of the namespace bound so far, else of the context's.</summary>
public sealed class PodNameCompleter : LiveCompleter
{
    private protected override string ScopeOf(IDictionary bound) => $"{Text(bound, "Namespace")}|{bound.Contains("AllNamespaces")}";

    private protected override async Task<IReadOnlyList<string>> ListAsync(ClusterTarget target, IDictionary bound, CancellationToken cancellationToken)
    {
        using var cluster = ClusterClient.Connect(target);
        var names = new List<string>();
        await foreach (var pod in cluster.GetPodsAsync(QueryFor(bound), _ => { }, cancellationToken))
            names.Add(pod.PodName);
        return [.. names.Distinct()];
    }

    private static PodQuery QueryFor(IDictionary bound) => new()
    {
        Namespaces = Text(bound, "Namespace") is { } name ? [NamePatterns.From(name)] : [],
        AllNamespaces = bound.Contains("AllNamespaces"),
    };
}

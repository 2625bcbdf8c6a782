using System.Collections;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Parameters;

namespace KubeCheckpoint.Completion;

/// <summary>Completes the containers of the pod bound so far, else of all pods of the namespace.</summary>
public sealed class ContainerNameCompleter : LiveCompleter
{
    private protected override string ScopeOf(IDictionary bound) => $"{Text(bound, "Namespace")}|{Text(bound, "PodName")}";

    private protected override async Task<IReadOnlyList<string>> ListAsync(ClusterTarget target, IDictionary bound, CancellationToken cancellationToken)
    {
        using var cluster = ClusterClient.Connect(target);
        var query = new PodQuery
        {
            Names = Text(bound, "PodName") is { } podName ? [NamePatterns.From(podName)] : [],
            Namespaces = Text(bound, "Namespace") is { } name ? [NamePatterns.From(name)] : [],
        };
        var names = new List<string>();
        await foreach (var pod in cluster.GetPodsAsync(query, _ => { }, cancellationToken))
            names.AddRange(pod.Containers.Select(container => container.Name));
        return [.. names.Distinct()];
    }
}

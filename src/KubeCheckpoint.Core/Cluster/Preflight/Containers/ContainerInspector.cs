using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Containers;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Preflight.Checks;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Preflight.Containers;

/// <summary>
/// Looks into running containers: one script in each, over exec. Where that does not see everything, as in a container without a shell, the same
/// script looks from the node.
/// </summary>
/// <param name="cluster">The cluster.</param>
/// <param name="node">Looks from the node; null if that is not allowed.</param>
internal sealed class ContainerInspector(ClusterClient cluster, NodeProcesses? node)
{
    private const string FromNode = "Test-CheckpointSupport -Deep looks at them from the node, through a helper pod.";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Adds what is found in a running pod and its containers.</summary>
    public async Task AddAsync(CheckList list, ContainerChecks checks, Pod pod, CancellationToken cancellationToken)
    {
        var name = $"{pod.Namespace}/{pod.PodName}";
        var document = PodDocument.TryParse(pod.Manifest);
        if (document is not null)
            checks.Add(name, document);
        var claims = new ClaimChecks(list, cluster.Server, pod.Namespace, node: null);
        foreach (var claim in document?.References().Claims ?? [])
            await claims.AddAsync($"{name}: claim '{claim}'", claim, cancellationToken).ConfigureAwait(false);
        foreach (var container in pod.Containers.Where(container => container.State == ContainerState.Running))
        {
            if (document?.FindContainer(container.Name) is { } spec)
                checks.Add($"{name}/{container.Name}", new PodFacts(document, spec));
            await AddProcessesAsync(checks, pod, container.Name, $"{name}/{container.Name}", cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task AddProcessesAsync(ContainerChecks checks, Pod pod, string container, string name, CancellationToken cancellationToken)
    {
        var inside = await LimitAsync(limit => ReadInsideAsync(pod, container, limit), cancellationToken).ConfigureAwait(false);
        if (inside.Facts is { SeesAll: true } all && (node is null || !SharesProcessIds(pod)))
        {
            checks.Add(name, all);
            return;
        }

        var outside = node is null
            ? new View(null, null, FromNode)
            : await LimitAsync(limit => ReadOnNodeAsync(node, pod, container, limit), cancellationToken).ConfigureAwait(false);
        var remedy = outside.Remedy ?? inside.Remedy;
        if ((outside.Facts ?? inside.Facts) is { } facts)
            checks.Add(name, facts, remedy);
        else
            checks.AddUnknown(name, outside.Reason is { } reason ? $"{inside.Reason}; from its node: {reason}" : inside.Reason!, remedy);
    }

    /// <summary>Whether a container sees processes that are not its own. From the node, they are told apart.</summary>
    private static bool SharesProcessIds(Pod pod) =>
        PodDocument.TryParse(pod.Manifest)?.Spec is { } spec && (spec.Flag("hostPID") == true || spec.Flag("shareProcessNamespace") == true);

    private async Task<View> ReadInsideAsync(Pod pod, string container, CancellationToken cancellationToken)
    {
        var shell = new ContainerShell(cluster, pod, container);
        var script = ContainerScript.Function + ContainerScript.InContainer;
        return await shell.RunAsync(script, [], Patience, cancellationToken).ConfigureAwait(false) is var (_, output)
            ? new(ContainerFactsReader.Read(output))
            : new(null, $"{ContainerShell.Missing} to look at its processes with");
    }

    private static async Task<View> ReadOnNodeAsync(NodeProcesses node, Pod pod, string container, CancellationToken cancellationToken)
    {
        var output = await node.RunAsync(pod, container, ContainerScript.OnNode, [], Patience, cancellationToken).ConfigureAwait(false);
        return output.Output is { } text ? new(ContainerFactsReader.Read(text, isOnNode: true)) : new(null, output.Reason, output.Remedy);
    }

    private static async Task<View> LimitAsync(Func<CancellationToken, Task<View>> read, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            return await read(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new(null, $"looking at its processes took more than {Patience.TotalSeconds:0} s");
        }
        catch (KubeCheckpointException failure)
        {
            return new(null, failure.Message.Shorten(300).TrimEnd('.'), failure.RecommendedAction);
        }
        catch (ExecBrokenException exception)
        {
            return new(null, exception.Message.Shorten(300));
        }
    }

    /// <summary>What was seen of a container, or why nothing was, and what to do about it.</summary>
    private sealed record View(ContainerFacts? Facts, string? Reason = null, string? Remedy = null);
}

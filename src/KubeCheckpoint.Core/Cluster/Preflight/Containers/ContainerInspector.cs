using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Containers;
using KubeCheckpoint.Cluster.Pods;
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

    /// <summary>Adds what is found in the running containers of a pod.</summary>
    public async Task AddAsync(ContainerChecks checks, Pod pod, CancellationToken cancellationToken)
    {
        foreach (var container in pod.Containers.Where(container => container.State == ContainerState.Running))
        {
            var name = $"{pod.Namespace}/{pod.PodName}/{container.Name}";
            checks.AddVolumes(name, EmptyDirs(pod, container.Name));
            await AddProcessesAsync(checks, pod, container.Name, name, cancellationToken).ConfigureAwait(false);
        }
    }

    private static List<string> EmptyDirs(Pod pod, string container)
    {
        if (pod.Manifest is not { } manifest)
            return [];
        var document = PodDocument.Parse(manifest);
        var volumes = document.Spec.Objects("volumes").Where(volume => volume.ContainsKey("emptyDir")).Select(volume => volume.Text("name")).ToHashSet();
        return
        [
            .. (document.FindContainer(container)?.Objects("volumeMounts") ?? [])
                .Where(mount => volumes.Contains(mount.Text("name")))
                .Select(mount => mount.Text("mountPath"))
                .OfType<string>(),
        ];
    }

    private async Task AddProcessesAsync(ContainerChecks checks, Pod pod, string container, string name, CancellationToken cancellationToken)
    {
        var inside = await LimitAsync(limit => ReadInsideAsync(pod, container, limit), cancellationToken).ConfigureAwait(false);
        if (inside.Facts is { SeesAll: true } all)
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

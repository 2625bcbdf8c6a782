using System.Collections.Concurrent;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Ownership;
using KubeCheckpoint.Cluster.Preflight.Checks;
using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Cluster.Preflight.Hosts;

/// <summary>
/// Inspects nodes through a short-lived pod on each: its own /proc and /sys, and the node's /etc and /usr, read-only. If the namespace does not
/// allow a pod to mount these, the rest is still read. Each node is inspected once.
/// </summary>
internal sealed class NodeInspector(ClusterClient cluster, ArchiveTransferOptions options) : IAsyncDisposable
{
    private static readonly HelperRole WithFiles = new(OwnerRole.Inspect, HostScript.Folders, NeedsTools: false);

    private static readonly HelperRole Plain = new(OwnerRole.Inspect, [], NeedsTools: false);

    private readonly ConcurrentDictionary<string, Lazy<Task<Fact<NodeHost>>>> _hosts = new(StringComparer.Ordinal);
    private readonly HelperPodSet _pods = new(cluster, options);

    /// <summary>What is on a node, or why it could not be read.</summary>
    public Task<Fact<NodeHost>> InspectAsync(string node, CancellationToken cancellationToken) => _hosts
        .GetOrAdd(node, name => new(() => Task.Run(() => ReadAsync(name))))
        .Value.WaitAsync(cancellationToken);

    /// <summary>Cancels running inspections and deletes the pods. Takes at most a second.</summary>
    public ValueTask DisposeAsync() => _pods.DisposeAsync();

    private async Task<Fact<NodeHost>> ReadAsync(string node)
    {
        try
        {
            return Fact<NodeHost>.Of(await ReadAsync(node, WithFiles).ConfigureAwait(false));
        }
        catch (KubeCheckpointException failure) when (failure.ErrorId == nameof(HelperFailure.HelperPodRefused))
        {
            return await ReadPlainAsync(node, failure.Message).ConfigureAwait(false);
        }
        catch (KubeCheckpointException failure)
        {
            return Fact<NodeHost>.Unknown(failure.Message);
        }
    }

    private async Task<Fact<NodeHost>> ReadPlainAsync(string node, string reason)
    {
        try
        {
            return Fact<NodeHost>.Of(await ReadAsync(node, Plain).ConfigureAwait(false) with { FilesReason = reason });
        }
        catch (KubeCheckpointException failure)
        {
            return Fact<NodeHost>.Unknown(failure.Message);
        }
    }

    private async Task<NodeHost> ReadAsync(string node, HelperRole role)
    {
        var helper = _pods.Add(node, role);
        await helper.StartedAsync(_pods.Lifetime).ConfigureAwait(false);
        var (_, output) = await helper.RepeatAsync(
            () => helper.Exec.RunAsync(HostScript.Text, ServerConnection.SmallRequest, _pods.Lifetime), "/proc", _pods.Lifetime).ConfigureAwait(false);
        var vector = await helper.RepeatAsync(() => ReadVectorAsync(helper), "/proc", _pods.Lifetime).ConfigureAwait(false);
        await helper.DeleteAsync(_pods.Lifetime).ConfigureAwait(false);
        return NodeHostReader.Read(output, vector);
    }

    private async Task<byte[]> ReadVectorAsync(HelperPod helper)
    {
        using var bytes = new MemoryStream();
        await helper.Exec.RunAsync(HostScript.AuxiliaryVector, Keep, ServerConnection.SmallRequest, _pods.Lifetime).ConfigureAwait(false);
        return bytes.ToArray();

        ValueTask Keep(ReadOnlyMemory<byte> piece)
        {
            if (bytes.Length < 64 * 1024)
                bytes.Write(piece.Span);
            return ValueTask.CompletedTask;
        }
    }
}

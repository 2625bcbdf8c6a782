using System.Collections.Concurrent;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Preflight.Checks;
using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Cluster.Preflight.Hosts;

/// <summary>
/// Inspects nodes through a short-lived pod on each: its own /proc and /sys, and the node's /etc and /usr, read-only. If the namespace does not
/// allow a pod to mount these, the rest is still read. Each node is inspected once.
/// </summary>
internal sealed class NodeInspector(ClusterClient cluster, ArchiveTransferOptions options) : IAsyncDisposable
{
    private const string Component = "inspect";
    private const int Tries = 3;

    /// <summary>Ctrl+C must end within a second even if the server hangs.</summary>
    private static readonly TimeSpan DisposeLimit = TimeSpan.FromMilliseconds(900);

    private static readonly HelperRole WithFiles = new(
        Component,
        [new("etc", "/etc", HostScript.EtcPath, IsReadOnly: true), new("usr", "/usr", HostScript.UsrPath, IsReadOnly: true)],
        NeedsTools: false);

    private static readonly HelperRole Plain = new(Component, [], NeedsTools: false);

    private readonly ConcurrentDictionary<string, Lazy<Task<Fact<NodeHost>>>> _hosts = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<HelperPod> _made = [];
    private readonly CancellationTokenSource _lifetime = new();
    private int _isDisposed;

    /// <summary>What is on a node, or why it could not be read.</summary>
    public Task<Fact<NodeHost>> InspectAsync(string node, CancellationToken cancellationToken) => _hosts
        .GetOrAdd(node, name => new(() => Task.Run(() => ReadAsync(name))))
        .Value.WaitAsync(cancellationToken);

    /// <summary>Cancels running inspections and deletes the pods. Takes at most a second.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        await _lifetime.CancelAsync().ConfigureAwait(false);
        using var limit = new CancellationTokenSource(DisposeLimit);
        await Task.WhenAll(_made.Select(helper => helper.DeleteAsync(limit.Token))).ConfigureAwait(false);
        _lifetime.Dispose();
    }

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
        var helper = new HelperPod(cluster, options, node, role, _lifetime.Token);
        _made.Add(helper);
        await helper.StartedAsync(_lifetime.Token).ConfigureAwait(false);
        var (_, output) = await RunAsync(helper, async () =>
            await helper.Exec.RunAsync(HostScript.Text, ServerConnection.SmallRequest, _lifetime.Token).ConfigureAwait(false)).ConfigureAwait(false);
        var vector = await RunAsync(helper, () => ReadVectorAsync(helper)).ConfigureAwait(false);

        await helper.DeleteAsync(_lifetime.Token).ConfigureAwait(false);
        return NodeHostReader.Read(output, vector);
    }

    private async Task<byte[]> ReadVectorAsync(HelperPod helper)
    {
        using var bytes = new MemoryStream();
        await helper.Exec.RunAsync(HostScript.AuxiliaryVector, Keep, ServerConnection.SmallRequest, _lifetime.Token).ConfigureAwait(false);
        return bytes.ToArray();

        ValueTask Keep(ReadOnlyMemory<byte> piece)
        {
            if (bytes.Length < 64 * 1024)
                bytes.Write(piece.Span);
            return ValueTask.CompletedTask;
        }
    }

    private async Task<T> RunAsync<T>(HelperPod helper, Func<Task<T>> run)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await run().ConfigureAwait(false);
            }
            catch (ExecBrokenException exception)
            {
                if (attempt == Tries)
                    throw HelperFailure.HelperCommandFailed(helper.Node, "/proc", exception.Message);
                await Task.Delay(TimeSpan.FromMilliseconds(300 * attempt), _lifetime.Token).ConfigureAwait(false);
            }
        }
    }
}

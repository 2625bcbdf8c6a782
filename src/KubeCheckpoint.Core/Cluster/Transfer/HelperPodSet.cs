using System.Collections.Concurrent;
using KubeCheckpoint.Cluster.Clients;

namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>Creates helper pods and deletes them all at the end.</summary>
internal sealed class HelperPodSet(ClusterClient cluster, ArchiveTransferOptions options) : IAsyncDisposable
{
    /// <summary>The limit for deleting the pods: Ctrl+C must end within a second even if the server hangs.</summary>
    private static readonly TimeSpan DisposeLimit = TimeSpan.FromMilliseconds(900);

    private readonly ConcurrentBag<HelperPod> _pods = [];
    private readonly CancellationTokenSource _lifetime = new();
    private int _isDisposed;

    /// <summary>Cancelled before the pods are deleted.</summary>
    public CancellationToken Lifetime => _lifetime.Token;

    /// <summary>Adds a pod, which its first use creates on the node.</summary>
    public HelperPod Add(string node, HelperRole role)
    {
        ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
        var pod = new HelperPod(cluster, options, node, role, Lifetime);
        _pods.Add(pod);
        return pod;
    }

    /// <summary>
    /// Cancels what the pods are used for and deletes them. Takes at most a second. Those that archives are still marked with stay: they remove
    /// the archives when they notice that no one uses them.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        await _lifetime.CancelAsync().ConfigureAwait(false);
        using var limit = new CancellationTokenSource(DisposeLimit);
        await Task.WhenAll(_pods.Where(pod => pod.Claims.IsEmpty).Select(pod => pod.DeleteAsync(limit.Token))).ConfigureAwait(false);
        _lifetime.Dispose();
    }
}

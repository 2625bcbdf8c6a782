using System.Collections.Concurrent;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Leftovers;

namespace KubeCheckpoint.Pipeline;

/// <summary>
/// Removes what dead predecessors of the cmdlet have left, beside its work: once for each cluster. It delays the end of the cmdlet by a second
/// at most, and not at all after Ctrl+C.
/// </summary>
internal sealed class LeftoverSweeper(PipelineOutput output, CancellationToken stopping) : IAsyncDisposable
{
    private static readonly TimeSpan AtTheEnd = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _limit = CancellationTokenSource.CreateLinkedTokenSource(stopping);
    private readonly ConcurrentDictionary<ClusterTarget, Lazy<Task>> _sweeps = new();

    /// <summary>Begins to sweep a cluster, if that has not begun.</summary>
    /// <param name="target">The cluster.</param>
    /// <param name="cluster">The connection.</param>
    /// <param name="namespaces">The namespaces that the cmdlet creates pods in.</param>
    public void Begin(ClusterTarget target, ClusterClient cluster, IEnumerable<string?> namespaces)
    {
        string[] names = [.. namespaces.OfType<string>().Distinct(StringComparer.Ordinal)];
        _ = _sweeps.GetOrAdd(target, _ => new(() => Task.Run(() => SweepAsync(cluster, names), CancellationToken.None))).Value;
    }

    public async ValueTask DisposeAsync()
    {
        var sweeps = Task.WhenAll(_sweeps.Values.Select(sweep => sweep.Value));
        _limit.CancelAfter(AtTheEnd);
        await sweeps.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _limit.Dispose();
    }

    private async Task SweepAsync(ClusterClient cluster, string[] namespaces)
    {
        var (removed, others) = (new ConcurrentQueue<CheckpointLeftover>(), new ConcurrentQueue<CheckpointLeftover>());
        await new LeftoverSweep(cluster, removed.Enqueue, others.Enqueue).RunAsync(namespaces, _limit.Token);
        foreach (var leftover in removed)
            await output.WriteVerboseAsync($"Removed {leftover}, which process {leftover.OwnerProcessId} had left when it died.");
        if (others.FirstOrDefault() is { } first)
        {
            var more = others.Count > 1 ? $" and {others.Count - 1} more" : "";
            await output.WriteWarningAsync($"{first}{more} was left behind by a cmdlet that has ended. Get-CheckpointLeftover shows what to do about it.");
        }
    }
}

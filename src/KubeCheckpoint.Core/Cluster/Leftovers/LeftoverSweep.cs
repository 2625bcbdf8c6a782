using KubeCheckpoint.Archives.Owners;
using KubeCheckpoint.Cluster.Clients;

namespace KubeCheckpoint.Cluster.Leftovers;

/// <summary>
/// Removes what dead processes of this user on this machine have left in a cluster: never what a user asked to keep, and never a pod of an
/// interrupted move. It is done beside the real work and must not disturb it, so it never fails.
/// </summary>
/// <param name="cluster">The cluster. The caller disposes of it.</param>
/// <param name="onRemoved">Receives what was removed.</param>
/// <param name="onOthers">Receives what nobody needs any more and is for the user to remove or to decide on.</param>
public sealed class LeftoverSweep(ClusterClient cluster, Action<CheckpointLeftover> onRemoved, Action<CheckpointLeftover> onOthers)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <summary>Sweeps this machine, the namespaces of rehearsals, and the pods in some namespaces.</summary>
    /// <param name="namespaces">The namespaces.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    public async Task RunAsync(IReadOnlyCollection<string> namespaces, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        foreach (var file in LocalLeftovers.Find().Where(IsOwn))
            await AttemptAsync(file, token => Task.Run(() => LeftoverRemover.Remove(file), token), limit.Token).ConfigureAwait(false);
        foreach (var leftover in await FindAsync(namespaces, limit.Token).ConfigureAwait(false))
        {
            if (IsOwn(leftover) && !NeedsHelper(leftover))
                await AttemptAsync(leftover, token => LeftoverRemover.RemoveAsync(cluster, leftover, new(), token), limit.Token).ConfigureAwait(false);
            else if (leftover.State is LeftoverState.Abandoned or LeftoverState.Undecided)
                onOthers(leftover);
        }
    }

    private async Task<IReadOnlyList<CheckpointLeftover>> FindAsync(IReadOnlyCollection<string> namespaces, CancellationToken cancellationToken)
    {
        try
        {
            return await new LeftoverFinder(cluster).FindAsync(namespaces, _ => { }, _ => { }, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is KubeCheckpointException or OperationCanceledException or ObjectDisposedException)
        {
            return [];
        }
    }

    private async Task AttemptAsync(CheckpointLeftover leftover, Func<CancellationToken, Task<bool>> remove, CancellationToken cancellationToken)
    {
        try
        {
            if (await remove(cancellationToken).ConfigureAwait(false))
                onRemoved(leftover);
        }
        catch (Exception exception) when (exception is KubeCheckpointException or OperationCanceledException or ObjectDisposedException)
        {
            // A later run tries again, and Get-CheckpointLeftover shows it.
        }
    }

    /// <summary>A sweep creates no pods.</summary>
    private static bool NeedsHelper(CheckpointLeftover leftover) => leftover is { ArchiveFolder: not null, IsRunning: false };

    /// <summary>Whether a process of this user on this machine has left it and died.</summary>
    private static bool IsOwn(CheckpointLeftover leftover) =>
        leftover is { State: LeftoverState.Abandoned, Role: not LeftoverRole.Move }
        && leftover.OwnerUser == OwnerProcess.Current.User
        && leftover.OwnerHost == OwnerProcess.Current.Host;
}

using KubeCheckpoint.Cluster.Checkpoints;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Freezing;
using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Cluster.Moves;

/// <summary>
/// The original of a move while it is frozen: from its dump until the deletion is on record (<see cref="EndAsync"/>) or it continues
/// (<see cref="ThawAsync"/>). While it is frozen, it is kept out of the endpoints of its Services.
/// </summary>
internal sealed class MoveFreeze(ClusterClient cluster, MovePlan plan, Action<string> onRemark) : IDumpHold, IAsyncDisposable
{
    /// <summary>The time for the garbage collector to remove the copy of a client that has died, beside the copy's grace period.</summary>
    private static readonly TimeSpan Collection = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan AskLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(30);

    private readonly HelperPodSet _helpers = new(cluster, plan.Request.Helper);
    private readonly List<HeldContainer> _held = [];
    private PodHold? _hold;
    private EndpointWithdrawal? _withdrawal;

    /// <summary>The frozen containers.</summary>
    public IReadOnlyList<HeldContainer> Held => _held;

    /// <summary>When the last container was frozen, or null if none does.</summary>
    public DateTimeOffset? StoppedAt => _held.Count > 0 ? _held[^1].StoppedAt : null;

    /// <summary>How long the original ran on after a dump: what it did then is not in the copy.</summary>
    public TimeSpan RanOn => _held.Count == 0 ? TimeSpan.Zero : _held.Max(container => container.RanOn);

    /// <summary>Cancelled when the original may be released by its helper pod.</summary>
    public CancellationToken Lost => _hold?.Lost ?? CancellationToken.None;

    /// <summary>Proves that the pod can be held. Freezes nothing.</summary>
    /// <exception cref="KubeCheckpointException">FreezeRefused, FreezeNotWritable, FreezeCgroupNotFound, FreezeInUse; the failures of helper pods.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        var options = new HoldOptions(plan.MaxFreeze) { CopyMargin = Collection + plan.Manifest.GracePeriod };
        _hold = await PodHold.OpenAsync(_helpers, plan.Pod, options, cancellationToken).ConfigureAwait(false);
    }

    public Task ArmAsync(string container, CancellationToken cancellationToken) => _hold!.ArmAsync(container, cancellationToken);

    public async Task<bool> HoldAsync(string container, CancellationToken cancellationToken)
    {
        var held = await _hold!.HeldAsync(container, cancellationToken).ConfigureAwait(false);
        _held.RemoveAll(earlier => earlier.Container == container);
        _held.Add(held);
        _withdrawal ??= EndpointWithdrawal.Start(cluster, plan.Pod, onRemark);
        return held.IsExact;
    }

    /// <summary>From now on the original waits for the removal of the copy before it is released unasked.</summary>
    public Task CopyExistsAsync(CancellationToken cancellationToken) => _hold!.CopyExistsAsync(cancellationToken);

    /// <summary>Confirms that the original stays frozen for long enough to be deleted.</summary>
    /// <exception cref="KubeCheckpointException">FreezeLost.</exception>
    public Task ConfirmAsync(CancellationToken cancellationToken) => _hold!.ConfirmAsync(cancellationToken);

    /// <summary>Why the original is no longer held.</summary>
    public async Task<KubeCheckpointException> LossAsync()
    {
        using var limit = new CancellationTokenSource(AskLimit);
        try
        {
            await _hold!.ConfirmAsync(limit.Token).ConfigureAwait(false);
        }
        catch (KubeCheckpointException failure)
        {
            return failure;
        }
        catch (OperationCanceledException)
        {
            // It does not respond.
        }

        return FreezeFailure.FreezeLost($"{plan.Pod}", plan.Pod.NodeName ?? "", $"the longest time of {plan.MaxFreeze.TotalSeconds:0} s is over");
    }

    /// <summary>Ends the processes of the original, whose deletion is on record. Never throws: the helper pod does it too.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        await StopWithdrawalAsync().ConfigureAwait(false);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(EndLimit);
        await AttemptAsync(hold => hold.EndAsync(limit.Token), "ended by the helper pod on its node").ConfigureAwait(false);
    }

    /// <summary>Releases the original. Never throws: the helper pod does it too.</summary>
    public async Task ThawAsync(CancellationToken cancellationToken)
    {
        await StopWithdrawalAsync().ConfigureAwait(false);
        await AttemptAsync(hold => hold.ThawAsync(cancellationToken), "released by the helper pod on its node").ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await StopWithdrawalAsync().ConfigureAwait(false);
        if (_hold is not null)
            await _hold.DisposeAsync().ConfigureAwait(false);
        await _helpers.DisposeAsync().ConfigureAwait(false);
    }

    private async Task StopWithdrawalAsync()
    {
        if (_withdrawal is not null)
            await _withdrawal.DisposeAsync().ConfigureAwait(false);
        _withdrawal = null;
    }

    private async Task AttemptAsync(Func<PodHold, Task> work, string otherwise)
    {
        if (_hold is null)
            return;
        try
        {
            await work(_hold).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is KubeCheckpointException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            if (_held.Count > 0)
                onRemark($"The original '{plan.Pod}' is {otherwise} within a minute: {exception.Message}");
        }
    }
}

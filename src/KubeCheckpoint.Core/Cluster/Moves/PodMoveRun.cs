using System.Text.Json.Nodes;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Cluster.Checkpoints;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Objects;
using KubeCheckpoint.Cluster.Ownership;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Preflight.Restores;
using KubeCheckpoint.Cluster.Probes;
using KubeCheckpoint.Cluster.Restore;
using KubeCheckpoint.Cluster.Stages;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Moves;

/// <summary>One move in progress, and what it has to undo when it fails.</summary>
internal sealed class PodMoveRun(
    ClusterClient cluster,
    ContainerCheckpointer checkpointer,
    ArchiveTransfer transfer,
    MovePlan plan,
    IProgress<TransferProgress>? progress,
    Action<string> onRemark) : IAsyncDisposable
{
    private static readonly TimeSpan CleanUpLimit = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan StopLimit = TimeSpan.FromMilliseconds(900);
    private static readonly TimeSpan Push = TimeSpan.FromHours(6);
    private static readonly TimeSpan BeyondGrace = TimeSpan.FromSeconds(30);

    private readonly Pod _pod = plan.Pod;
    private readonly StageTimes _times = new();
    private readonly ObjectApi _objects = new(cluster.Server);
    private readonly PodArchives _archives = new(checkpointer, transfer, plan.Pod, plan.Request.CheckpointTimeout, plan.Request.Volumes);
    private readonly MoveFreeze? _freeze = plan.Request.Freezes ? new(cluster, plan, onRemark) : null;
    private readonly ReplicaSwap? _swap = plan.IsSwapped ? new(cluster, plan.Owner!, plan.Pod, plan.Manifest) : null;
    private readonly StageProgress? _progress = progress is null ? null : new($"Moving {plan.Pod} to {plan.Node}", progress);

    private readonly MoveHooks _hooks = new(plan.Before, plan.After);

    private Pod _goesOn = plan.Pod;
    private MoveLease? _lease;
    private IReadOnlyList<string> _pulled = [];
    private RestoredPod? _restored;
    private DateTimeOffset _readyAt;
    private DateTimeOffset? _revealedAt;
    private bool _isDeletionAsked;
    private bool _mayStandStill;

    public async Task<PodMove> RunAsync(CancellationToken cancellationToken)
    {
        using var passing = new UnnamedFiles();
        try
        {
            await PrepareNodeAsync(cancellationToken).ConfigureAwait(false);
            using var registry = await _archives.PrepareAsync(plan.Request.Repository, plan.Request.Registry, _times, cancellationToken).ConfigureAwait(false);
            if (_freeze is not null)
                await OpenFreezeAsync(_freeze, cancellationToken).ConfigureAwait(false);
            await _hooks.RunBeforeAsync(_pod, _progress, cancellationToken).ConfigureAwait(false);
            if (_freeze is not null && _swap is not null)
                await _swap.EnterAsync(_progress, cancellationToken).ConfigureAwait(false);
            using var held = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _freeze?.Lost ?? CancellationToken.None);
            var (archives, probes) = await MakeCopyAsync(passing, held.Token).ConfigureAwait(false);
            await _times.MeasureAsync(RestoreStage.Replace, () => ReplaceAsync(held.Token, cancellationToken)).ConfigureAwait(false);
            return await ResultAsync(archives, probes, cancellationToken).ConfigureAwait(false);
        }
        catch (KubeCheckpointException failure) when (_freeze is null && IsFinal(failure))
        {
            throw;
        }
        catch (KubeCheckpointException failure) when (failure.ErrorId == nameof(MoveFailure.MoveHookFailed))
        {
            await RunAfterAsync(isStopped: false, cancellationToken).ConfigureAwait(false);
            throw;
        }
        catch (KubeCheckpointException failure)
        {
            _mayStandStill = failure.ErrorId is nameof(CheckpointFailure.CheckpointTimedOut) or nameof(CheckpointFailure.CheckpointInProgress);
            throw await FailedAsync(failure, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested && _freeze?.Lost.IsCancellationRequested == true)
        {
            throw await FailedAsync(await _freeze.LossAsync().ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            using var limit = new CancellationTokenSource(StopLimit);
            await TakeBackAsync(CleanupLimit.Cancelled, isCancelled: true).ConfigureAwait(false);
            await RunAfterAsync(isStopped: true, limit.Token).ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _swap?.Leave();
        if (_freeze is not null)
            await _freeze.DisposeAsync().ConfigureAwait(false);
        if (_lease is not null)
            await _lease.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Both start a pod: together they take no longer than one.</summary>
    private async Task OpenFreezeAsync(MoveFreeze freeze, CancellationToken cancellationToken)
    {
        _times.Begin(RestoreStage.Checkpoint);
        _progress?.Report(new("", "Preparing to hold the pod still", 0, null));
        var opening = freeze.OpenAsync(cancellationToken);
        var leasing = MoveLease.OpenAsync(cluster, plan, Lifetime, onRemark, cancellationToken);
        await ((Task)Task.WhenAll(opening, leasing)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (leasing.IsCompletedSuccessfully)
            _lease = await leasing.ConfigureAwait(false);
        await opening.ConfigureAwait(false);
        await leasing.ConfigureAwait(false);
    }

    private async Task<(IReadOnlyList<CheckpointArchive> Archives, IReadOnlyList<PodProbeResult> Probes)> MakeCopyAsync(
        UnnamedFiles passing, CancellationToken cancellationToken)
    {
        var archives = await _archives.TakeAsync(plan.Request.Destination, passing, _times, _progress, onRemark, _freeze, cancellationToken)
            .ConfigureAwait(false);
        if (plan.Request.Preflight is { } preflight)
            await _times.MeasureAsync(RestoreStage.Preflight, () => CheckArchivesAsync(preflight, archives, cancellationToken)).ConfigureAwait(false);
        _restored = await RestoreAsync(archives, cancellationToken).ConfigureAwait(false);
        _readyAt = DateTimeOffset.Now;
        var probes = await _times.MeasureAsync(RestoreStage.Probe, () => VerifyAsync(cancellationToken)).ConfigureAwait(false);
        return (archives, probes);
    }

    private async Task<KubeCheckpointException> FailedAsync(KubeCheckpointException failure, CancellationToken cancellationToken)
    {
        var left = await TakeBackAsync(CleanUpLimit, isCancelled: false).ConfigureAwait(false);
        await RunAfterAsync(isStopped: false, cancellationToken).ConfigureAwait(false);
        return MoveFailure.MoveFailed(_pod.Namespace, _pod.PodName, plan.Node.Name, NameOf(_times.Current), left, failure);
    }

    /// <summary>Runs the hooks at the end. What they say is a remark: the move has succeeded or failed by then.</summary>
    private async Task RunAfterAsync(bool isStopped, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var failure in await _hooks.RunAfterAsync(_goesOn, isStopped, cancellationToken).ConfigureAwait(false))
                onRemark(failure);
        }
        catch (OperationCanceledException) when (isStopped)
        {
            // Ctrl+C ends the move within a second.
        }
    }

    /// <summary>The user has to decide which of the two pods stays.</summary>
    private static bool IsFinal(KubeCheckpointException failure) =>
        failure.ErrorId is nameof(MoveFailure.MoveWrongPodRemoved) or nameof(MoveFailure.MoveOriginalNotRemoved);

    /// <summary>Inspects the node for the preflight, and pulls base images to it: while the original still runs.</summary>
    private async Task PrepareNodeAsync(CancellationToken cancellationToken)
    {
        if (plan.Request.Preflight is { } preflight)
            await preflight.PrepareAsync(plan.Node.Name, cancellationToken).ConfigureAwait(false);
        if (!plan.Request.PullBaseImages)
            return;
        var restorer = new PodRestorer(cluster);
        _pulled = await restorer.PullAheadAsync(
            _pod, PodArchives.RestorableContainers(_pod), plan.Node, plan.Request.Timeout, _progress, cancellationToken).ConfigureAwait(false);
    }

    private async Task CheckArchivesAsync(RestorePreflight preflight, IReadOnlyList<CheckpointArchive> archives, CancellationToken cancellationToken)
    {
        var volumes = archives.SelectMany(archive => archive.Volumes).ToList();
        foreach (var archive in archives)
        {
            var support = await preflight.TestAsync(archive.Path, volumes, plan.Node.Name, _progress, cancellationToken).ConfigureAwait(false);
            var failed = support.Checks.Where(check => check.Outcome == SupportOutcome.Failed).ToList();
            if (failed.Count > 0 && !plan.Request.Force)
                throw MoveFailure.RestoreImpossible(archive.RequireContainerName(), plan.Node.Name, failed);
            foreach (var check in failed)
                onRemark($"Container '{archive.ContainerName}' may not be restorable: {check.Detail}.");
        }
    }

    private async Task<RestoredPod> RestoreAsync(IReadOnlyList<CheckpointArchive> archives, CancellationToken cancellationToken)
    {
        var restorer = new PodRestorer(cluster);
        var request = new RestoreRequest
        {
            Archives = archives,
            Repository = plan.Request.Repository,
            Registry = plan.Request.Registry,
            OnWarning = onRemark,
            Manifest = _pod.Manifest,
            Name = plan.NewName,
            NodeName = plan.Node.Name,
            HostName = HostName(),
            Labels = plan.HiddenLabels.Union(plan.LateLabels).ToDictionary(label => label, _ => (string?)null, StringComparer.Ordinal),
            PullBaseImages = plan.Request.PullBaseImages,
            PulledImages = _pulled,
            RestoresVolumes = plan.Request.Volumes is not null,
            Helper = plan.Request.Helper,
            ComparesAllFiles = plan.Request.ComparesAllFiles,
            RemoveOnFailure = true,
            Timeout = plan.Request.Timeout,
            CatchLog = transfer.Logs.CatchAsync,
            BeforeCreation = _freeze is null ? null : _freeze.CopyExistsAsync,
        };
        var restore = await _times.MeasureAsync(RestoreStage.Prepare, () => restorer.PlanAsync(request, cancellationToken)).ConfigureAwait(false);
        return await restorer.RestoreAsync(Marked(restore), _times, _progress, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Marks the new pod until the original is gone, so that both are found if this process dies in between.</summary>
    private RestorePlan Marked(RestorePlan restore)
    {
        var pod = restore.Pod.Copy();
        cluster.Owner.Mark(pod.Metadata, OwnerRole.Move, Lifetime);
        pod.Metadata.Child("annotations")[OwnerMarks.Replaces] = $"{_pod.PodName}/{_pod.PodUid}";
        if (_lease is not null)
            pod.Metadata["ownerReferences"] = new JsonArray(_lease.Reference);
        return restore with { Pod = pod };
    }

    /// <summary>The push of the images, the pull of the base images, the start of the new pod, the probes and the end of the original.</summary>
    private TimeSpan Lifetime =>
        Push + (2 * plan.Request.Timeout) + (plan.Request.Probes.Count * plan.Request.ProbeTimeout) + plan.Manifest.GracePeriod + BeyondGrace;

    /// <summary>Removes the marks from the new pod, which is the user's now.</summary>
    private async Task UnmarkAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _objects.PatchAsync(PodApi.PathOf(_pod.Namespace, plan.NewName), OwnerMarks.Removal(_restored!.Pod.PodUid), cancellationToken)
                .ConfigureAwait(false);
        }
        catch (KubeCheckpointException)
        {
            // They do no harm: without the original, the move is complete.
        }
    }

    /// <summary>The process keeps its host name, which was the pod's name.</summary>
    private string? HostName() => plan.Manifest.UsesHostNetwork
        ? null
        : plan.Manifest.HostName ?? (ResourceName.IsLabel(_pod.PodName) ? _pod.PodName : null);

    private async Task<IReadOnlyList<PodProbeResult>> VerifyAsync(CancellationToken cancellationToken)
    {
        var prober = new PodProber(plan.Request.Probes, plan.Request.ProbeTimeout);
        var results = await prober.RunAsync(_restored!.Pod, _progress, cancellationToken).ConfigureAwait(false);
        var now = await cluster.GetPodAsync(_pod.Namespace, plan.NewName, cancellationToken).ConfigureAwait(false);
        if (now.RestartCount > 0)
            throw RestoreFailure.RestoredPodRestarted(now.Namespace, now.PodName, now.RestartCount);
        return results.FirstOrDefault(result => !result.Succeeded) is { } failed ? throw ProbeFailure.ProbeFailed(now.Namespace, now.PodName, failed) : results;
    }

    /// <param name="held">Cancelled when the original may be released by its helper pod.</param>
    /// <param name="cancellationToken">Cancels the wait for the end of the original.</param>
    private async Task ReplaceAsync(CancellationToken held, CancellationToken cancellationToken)
    {
        _progress?.Report(new("", "Replacing the original", 0, null));
        if (_freeze is not null)
            await _freeze.ConfirmAsync(held).ConfigureAwait(false);
        if (_swap is not null)
        {
            _swap.IsOriginalHeld = _freeze is not null;
            await _swap.RunAsync(_restored!.Pod, _progress, held).ConfigureAwait(false);
        }
        else
        {
            await RevealAsync(held).ConfigureAwait(false);
            _isDeletionAsked = true;
            await DeleteOriginalAsync(cancellationToken).ConfigureAwait(false);
        }

        if (_freeze is not null)
            await _freeze.EndAsync(CancellationToken.None).ConfigureAwait(false);
        _goesOn = _restored!.Pod;
        await UnmarkAsync(cancellationToken).ConfigureAwait(false);
        await RunAfterAsync(isStopped: false, cancellationToken).ConfigureAwait(false);
        await WaitForTheEndAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Gives the new pod to Services.</summary>
    private async Task RevealAsync(CancellationToken cancellationToken)
    {
        if (_freeze is null)
            return;
        var labels = plan.LateLabels.Except(plan.HiddenLabels).Where(_pod.Labels.ContainsKey)
            .Select(label => KeyValuePair.Create(label, (JsonNode?)JsonValue.Create(_pod.Labels[label])));
        var change = new JsonObject
        {
            ["metadata"] = new JsonObject { ["uid"] = _restored!.Pod.PodUid, ["labels"] = new JsonObject(labels), ["ownerReferences"] = null },
        };
        if (!await _objects.PatchAsync(PodApi.PathOf(_pod.Namespace, plan.NewName), change, cancellationToken).ConfigureAwait(false))
            throw RestoreFailure.RestoredPodGone(_pod.Namespace, plan.NewName);
        _revealedAt = DateTimeOffset.Now;
    }

    /// <summary>From when on Services may select the new pod, and it may serve: then the original can no longer be released.</summary>
    private DateTimeOffset? RevealedAt => _revealedAt ?? _swap?.LabelledAt;

    private async Task DeleteOriginalAsync(CancellationToken cancellationToken)
    {
        if (await TryDeleteOriginalAsync(cancellationToken).ConfigureAwait(false) is not { } words)
            return;
        if (_freeze is null)
            throw MoveFailure.MoveOriginalNotRemoved(_pod.Namespace, _pod.PodName, plan.NewName, words);
        throw MoveFailure.MoveNotCommitted(_pod.Namespace, _pod.PodName, words);
    }

    /// <summary>Deletes the original. A frozen one cannot use its grace period.</summary>
    private async Task<string?> TryDeleteOriginalAsync(CancellationToken cancellationToken)
    {
        try
        {
            var path = PodApi.PathOf(_pod.Namespace, _pod.PodName);
            return await _objects.DeleteAsync(path, _pod.PodUid, _freeze is null ? null : 1, cancellationToken).ConfigureAwait(false);
        }
        catch (KubeCheckpointException failure)
        {
            return failure.Message;
        }
    }

    /// <summary>The original may use its grace period. The move is complete whether or not it ends in time.</summary>
    private async Task WaitForTheEndAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(plan.Manifest.GracePeriod + BeyondGrace);
        using var watcher = new PodWatcher(cluster.Pods, cluster.Target, _pod.Namespace, _pod.PodName);
        try
        {
            _progress?.Report(new("", "Waiting for the original to end", 0, null));
            while (await watcher.NextAsync(limit.Token).ConfigureAwait(false) is { } pod && pod.PodUid == _pod.PodUid)
            {
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            onRemark($"The original '{_pod}' is being deleted, and still runs.");
        }
        catch (KubeCheckpointException failure)
        {
            onRemark($"It is not known whether the original '{_pod}' has ended: {failure.Message}");
        }
    }

    private async Task<PodMove> ResultAsync(
        IReadOnlyList<CheckpointArchive> archives, IReadOnlyList<PodProbeResult> probes, CancellationToken cancellationToken)
    {
        var now = await cluster.Pods.FindAsync(_pod.Namespace, plan.NewName, cancellationToken).ConfigureAwait(false) ?? _restored!.Pod;
        if (_freeze is { RanOn: { Ticks: > 0 } late })
            onRemark($"The original ran for up to {late.TotalMilliseconds:0} ms after its dump: what it did then is not in '{now}'. Its node was too busy.");
        return new()
        {
            Namespace = _pod.Namespace,
            PodName = now.PodName,
            NodeName = now.NodeName ?? plan.Node.Name,
            PreviousPodName = _pod.PodName,
            PreviousNodeName = _pod.NodeName,
            Owner = plan.IsSwapped ? $"{plan.Owner!.Kind}/{plan.Owner.Name}" : null,
            CheckpointedAt = _archives.CheckpointedAt!.Value,
            Gap = _freeze is null ? _readyAt - _archives.CheckpointedAt.Value : _freeze.RanOn,
            Downtime = _freeze?.StoppedAt is { } stopped ? RevealedAt!.Value - stopped : TimeSpan.Zero,
            Freeze = _times.Ended.Where(time => time.Stage == RestoreStage.Freeze).Select(time => time.Duration).DefaultIfEmpty().Max(),
            HeldContainers = [.. _freeze?.Held.Select(container => container.Container) ?? []],
            Bytes = archives.Sum(archive => archive.Size + archive.Volumes.Sum(volume => volume.Size)),
            Stages = _times.Ended,
            Probes = probes,
            Images = _restored!.Images,
            ArchivePaths = plan.Request.Destination is null ? [] : [.. archives.Select(archive => archive.Path)],
            Pod = now,
        };
    }

    /// <summary>Removes what was created, then releases the original. Returns what happened to the original, and what is left of the move.</summary>
    private async Task<string> TakeBackAsync(TimeSpan time, bool isCancelled)
    {
        // Once the owner or the API server is asked to remove the original, only the restored pod will be left.
        var isPastReturn = _freeze is null ? _isDeletionAsked || (_swap?.IsHandedOver == true && isCancelled) : RevealedAt is not null;
        using var limit = new CancellationTokenSource(time);
        var archives = _archives.RemoveFromNodeAsync(limit.Token);
        var pods = isPastReturn ? CompleteAsync(limit.Token) : TakeBackRestoredAsync(limit.Token);
        await Task.WhenAll((Task)archives, pods).ConfigureAwait(false);
        var left = await archives.ConfigureAwait(false);
        return $"{await pods.ConfigureAwait(false)}{(left is null ? "" : $" Not removed: {left}.")}";
    }

    /// <summary>The new pod stays: it may have served. Only where the deletion of the original is refused, there is no other way than back.</summary>
    private async Task<string> CompleteAsync(CancellationToken cancellationToken)
    {
        if (_freeze is null)
            return Replaced();
        try
        {
            if (await TryDeleteOriginalAsync(cancellationToken).ConfigureAwait(false) is not null)
                return await TakeBackRestoredAsync(cancellationToken).ConfigureAwait(false);
            await _freeze.EndAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The helper pod ends or releases the original, by whether it is being deleted.
        }

        return Replaced();
    }

    private async Task<string> TakeBackRestoredAsync(CancellationToken cancellationToken)
    {
        var words = await RemoveRestoredAsync(cancellationToken).ConfigureAwait(false);
        if (_freeze is null)
            return words;
        if (_goesOn != _pod)
            await _freeze.EndAsync(cancellationToken).ConfigureAwait(false);
        else
            await _freeze.ThawAsync(cancellationToken).ConfigureAwait(false);
        return words;
    }

    private string Replaced()
    {
        _goesOn = _restored!.Pod;
        return $"The original is deleted or being deleted; the restored pod '{plan.NewName}' replaces it.";
    }

    /// <summary>Keeps the restored pod if the original no longer exists.</summary>
    private async Task<string> RemoveRestoredAsync(CancellationToken cancellationToken)
    {
        // A CRIU that hangs, for example on a process stopped by SIGSTOP, leaves the container frozen.
        var asBefore = _mayStandStill ? "The original still exists, and may be frozen." : "The original continues to run.";
        if (_restored is null)
            return $"{asBefore} What the move had created was removed.";
        try
        {
            if (!await IsOriginalThereAsync(cancellationToken).ConfigureAwait(false))
                return Replaced();
            var path = PodApi.PathOf(_pod.Namespace, plan.NewName);
            var words = await _objects.DeleteAsync(path, _restored.Pod.PodUid, gracePeriod: 0, cancellationToken).ConfigureAwait(false);
            if (_swap is not null)
                await _swap.UndoAsync(cancellationToken).ConfigureAwait(false);
            return words is null
                ? $"{asBefore} What the move had created was removed."
                : $"{asBefore} The restored pod '{plan.NewName}' could not be deleted: {words}";
        }
        catch (Exception exception) when (exception is KubeCheckpointException or OperationCanceledException)
        {
            return $"It is not known whether the original still runs; the restored pod '{plan.NewName}' was kept.";
        }
    }

    private async Task<bool> IsOriginalThereAsync(CancellationToken cancellationToken)
    {
        var now = await cluster.Pods.FindAsync(_pod.Namespace, _pod.PodName, cancellationToken).ConfigureAwait(false);
        return now is { IsEnding: false, Phase: not ("Failed" or "Succeeded") } && now.PodUid == _pod.PodUid;
    }

    private static string NameOf(RestoreStage stage) => stage switch
    {
        RestoreStage.Checkpoint => "the checkpoint",
        RestoreStage.Save => "saving the archive",
        RestoreStage.Preflight => "the preflight",
        RestoreStage.Prepare => "planning the restore",
        RestoreStage.Push => "building or pushing the image",
        RestoreStage.PullBaseImage => "pulling the base image",
        RestoreStage.Restore => "the restore",
        RestoreStage.Probe => "verifying the new pod",
        _ => "replacing the original",
    };
}

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
    Action<string> onRemark)
{
    private static readonly TimeSpan CleanUpLimit = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Push = TimeSpan.FromHours(6);
    private static readonly TimeSpan BeyondGrace = TimeSpan.FromSeconds(30);

    private readonly Pod _pod = plan.Pod;
    private readonly StageTimes _times = new();
    private readonly ObjectApi _objects = new(cluster.Server);
    private readonly PodArchives _archives = new(checkpointer, transfer, plan.Pod, plan.Request.CheckpointTimeout, plan.Request.Volumes);
    private readonly ReplicaSwap? _swap = plan.IsSwapped ? new(cluster, plan.Owner!, plan.Pod, plan.Manifest) : null;
    private readonly StageProgress? _progress = progress is null ? null : new($"Moving {plan.Pod} to {plan.Node}", progress);

    private RestoredPod? _restored;
    private DateTimeOffset _readyAt;
    private bool _isDeletionAsked;
    private bool _mayStandStill;

    public async Task<PodMove> RunAsync(CancellationToken cancellationToken)
    {
        using var passing = new UnnamedFiles();
        try
        {
            using var registry = await _archives.PrepareAsync(plan.Request.Repository, plan.Request.Registry, _times, cancellationToken).ConfigureAwait(false);
            var archives = await _archives.TakeAsync(plan.Request.Destination, passing, _times, _progress, onRemark, cancellationToken)
                .ConfigureAwait(false);
            if (plan.Request.Preflight is { } preflight)
                await _times.MeasureAsync(RestoreStage.Preflight, () => CheckArchivesAsync(preflight, archives, cancellationToken)).ConfigureAwait(false);
            _restored = await RestoreAsync(archives, cancellationToken).ConfigureAwait(false);
            _readyAt = DateTimeOffset.Now;
            var probes = await _times.MeasureAsync(RestoreStage.Probe, () => VerifyAsync(cancellationToken)).ConfigureAwait(false);
            await _times.MeasureAsync(RestoreStage.Replace, () => ReplaceAsync(cancellationToken)).ConfigureAwait(false);
            return await ResultAsync(archives, probes, cancellationToken).ConfigureAwait(false);
        }
        catch (KubeCheckpointException failure) when (IsFinal(failure))
        {
            throw;
        }
        catch (KubeCheckpointException failure)
        {
            _mayStandStill = failure.ErrorId is nameof(CheckpointFailure.CheckpointTimedOut) or nameof(CheckpointFailure.CheckpointInProgress);
            var left = await TakeBackAsync(CleanUpLimit, isCancelled: false).ConfigureAwait(false);
            throw MoveFailure.MoveFailed(_pod.Namespace, _pod.PodName, plan.Node.Name, NameOf(_times.Current), left, failure);
        }
        catch (OperationCanceledException)
        {
            await TakeBackAsync(CleanupLimit.Cancelled, isCancelled: true).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The user has to decide which of the two pods stays.</summary>
    private static bool IsFinal(KubeCheckpointException failure) =>
        failure.ErrorId is nameof(MoveFailure.MoveWrongPodRemoved) or nameof(MoveFailure.MoveOriginalNotRemoved);

    private async Task CheckArchivesAsync(RestorePreflight preflight, IReadOnlyList<CheckpointArchive> archives, CancellationToken cancellationToken)
    {
        foreach (var archive in archives)
        {
            var support = await preflight.TestAsync(archive.Path, plan.Node.Name, _progress, cancellationToken).ConfigureAwait(false);
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
            Labels = plan.HiddenLabels.ToDictionary(label => label, _ => (string?)null, StringComparer.Ordinal),
            PullBaseImages = plan.Request.PullBaseImages,
            RestoresVolumes = plan.Request.Volumes is not null,
            Helper = plan.Request.Helper,
            ComparesAllFiles = plan.Request.ComparesAllFiles,
            RemoveOnFailure = true,
            Timeout = plan.Request.Timeout,
            CatchLog = transfer.Logs.CatchAsync,
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

    private async Task ReplaceAsync(CancellationToken cancellationToken)
    {
        _progress?.Report(new("", "Replacing the original", 0, null));
        if (_swap is not null)
        {
            await _swap.RunAsync(_restored!.Pod, _progress, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            _isDeletionAsked = true;
            await DeleteOriginalAsync(cancellationToken).ConfigureAwait(false);
        }

        await UnmarkAsync(cancellationToken).ConfigureAwait(false);
        await WaitForTheEndAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task DeleteOriginalAsync(CancellationToken cancellationToken)
    {
        string? words;
        try
        {
            var path = PodApi.PathOf(_pod.Namespace, _pod.PodName);
            words = await _objects.DeleteAsync(path, _pod.PodUid, immediate: false, cancellationToken).ConfigureAwait(false);
        }
        catch (KubeCheckpointException failure)
        {
            words = failure.Message;
        }

        if (words is not null)
            throw MoveFailure.MoveOriginalNotRemoved(_pod.Namespace, _pod.PodName, plan.NewName, words);
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
        return new()
        {
            Namespace = _pod.Namespace,
            PodName = now.PodName,
            NodeName = now.NodeName ?? plan.Node.Name,
            PreviousPodName = _pod.PodName,
            PreviousNodeName = _pod.NodeName,
            Owner = plan.IsSwapped ? $"{plan.Owner!.Kind}/{plan.Owner.Name}" : null,
            CheckpointedAt = _archives.CheckpointedAt!.Value,
            Gap = _readyAt - _archives.CheckpointedAt.Value,
            Stages = _times.Ended,
            Probes = probes,
            Images = _restored!.Images,
            ArchivePaths = plan.Request.Destination is null ? [] : [.. archives.Select(archive => archive.Path)],
            Pod = now,
        };
    }

    /// <summary>Removes what was created. Returns what happened to the original, and what is left of the move.</summary>
    private async Task<string> TakeBackAsync(TimeSpan time, bool isCancelled)
    {
        // Once the owner or the API server is asked to remove the original, only the restored pod will be left.
        var isPastReturn = _isDeletionAsked || (_swap?.IsHandedOver == true && isCancelled);
        using var limit = new CancellationTokenSource(time);
        var archives = _archives.RemoveFromNodeAsync(limit.Token);
        var pods = isPastReturn ? Task.FromResult(Replaced) : TakeBackRestoredAsync(limit.Token);
        await Task.WhenAll((Task)archives, pods).ConfigureAwait(false);
        var left = await archives.ConfigureAwait(false);
        return $"{await pods.ConfigureAwait(false)}{(left is null ? "" : $" Not removed: {left}.")}";
    }

    private string Replaced => $"The original is deleted or being deleted; the restored pod '{plan.NewName}' replaces it.";

    /// <summary>Keeps the restored pod if the original no longer exists.</summary>
    private async Task<string> TakeBackRestoredAsync(CancellationToken cancellationToken)
    {
        // A CRIU that hangs, for example on a process stopped by SIGSTOP, leaves the container frozen.
        var asBefore = _mayStandStill ? "The original still exists, and may be frozen." : "The original continues to run.";
        if (_restored is null)
            return $"{asBefore} What the move had created was removed.";
        try
        {
            if (!await IsOriginalThereAsync(cancellationToken).ConfigureAwait(false))
                return Replaced;
            var path = PodApi.PathOf(_pod.Namespace, plan.NewName);
            var words = await _objects.DeleteAsync(path, _restored.Pod.PodUid, immediate: true, cancellationToken).ConfigureAwait(false);
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

using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Cluster.Checkpoints;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Objects;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Preflight.Restores;
using KubeCheckpoint.Cluster.Probes;
using KubeCheckpoint.Cluster.Restore;
using KubeCheckpoint.Cluster.Stages;
using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Cluster.Drills;

/// <summary>
/// One rehearsal of a restore: creates a copy of a pod from its checkpoint next to the original, in a separate namespace, probes it, and
/// removes what it has created. The original is not changed.
/// </summary>
/// <param name="cluster">The cluster. The caller disposes of it and of the others.</param>
/// <param name="checkpointer">Takes checkpoints.</param>
/// <param name="transfer">Saves archives and removes them from their nodes.</param>
/// <param name="request">What to rehearse.</param>
/// <param name="progress">Receives the steps.</param>
public sealed class RestoreDrill(
    ClusterClient cluster,
    ContainerCheckpointer checkpointer,
    ArchiveTransfer transfer,
    DrillRequest request,
    IProgress<TransferProgress>? progress)
{
    private static readonly TimeSpan CleanUpLimit = TimeSpan.FromSeconds(30);

    private readonly StageTimes _times = new();
    private readonly List<string> _remarks = [];
    private readonly DrillNamespace _namespace = new(cluster, new(request));
    private readonly PodArchives? _archives = request.Pod is null ? null : new(checkpointer, transfer, request.Pod, request.CheckpointTimeout, request.Volumes);
    private readonly StageProgress? _progress = progress is null ? null : new($"Rehearsing the restore of {NameOf(request)}", progress);

    private RestoredPod? _restored;
    private IReadOnlyList<RestoreImage> _images = request.Images;
    private IReadOnlyList<PodProbeResult> _probes = [];

    /// <summary>Carries out the drill. A pod that cannot be restored is a result, not a failure.</summary>
    /// <param name="cancellationToken">Cancels it: what was created is removed within a second.</param>
    /// <exception cref="KubeCheckpointException">PodNotRunning, NoRestoreImage: there is nothing to rehearse.</exception>
    public async Task<PodRestoreTest> RunAsync(CancellationToken cancellationToken)
    {
        if (request.Pod is { } pod && PodArchives.RestorableContainers(pod).Count == 0)
            throw CheckpointFailure.PodNotRunning(pod.Namespace, pod.PodName, pod.Status);
        if (request.Pod is null && request.Images.Count + request.Archives.Count == 0)
            throw RestoreFailure.NoRestoreImage();
        KubeCheckpointException? failure = null;
        using var passing = new UnnamedFiles();
        try
        {
            await RehearseAsync(passing, cancellationToken).ConfigureAwait(false);
        }
        catch (KubeCheckpointException exception)
        {
            failure = exception;
        }
        catch (OperationCanceledException)
        {
            await CleanUpAsync(CleanupLimit.Cancelled, isCancelled: true).ConfigureAwait(false);
            throw;
        }

        var lastStage = _times.Current;
        await _times.MeasureAsync(RestoreStage.CleanUp, () => CleanUpAsync(CleanUpLimit, isCancelled: false)).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return Result(failure, lastStage);
    }

    private async Task RehearseAsync(UnnamedFiles passing, CancellationToken cancellationToken)
    {
        var archives = request.Archives;
        using var registry = _archives is null || request.Repository is null
            ? null
            : await _archives.PrepareAsync(request.Repository, request.Registry, _times, cancellationToken).ConfigureAwait(false);
        if (_archives is not null)
            archives = await _archives.TakeAsync(folder: null, passing, _times, _progress, _remarks.Add, hold: null, cancellationToken).ConfigureAwait(false);
        var plan = await _times.MeasureAsync(RestoreStage.Prepare, () => PrepareAsync(archives, cancellationToken)).ConfigureAwait(false);
        plan = await _times.MeasureAsync(RestoreStage.Push, () => PodRestorer.PushAsync(plan, _progress, cancellationToken)).ConfigureAwait(false);
        _images = plan.PushedImages;
        plan = plan with { Pod = _namespace.Lifetime.Limit(plan.Pod, cluster.Owner) };
        _restored = await RestoreAsync(plan, archives, cancellationToken).ConfigureAwait(false);
        await _times.MeasureAsync(RestoreStage.Probe, () => ProbeAsync(cancellationToken)).ConfigureAwait(false);
    }

    private async Task<RestoredPod> RestoreAsync(RestorePlan plan, IReadOnlyList<CheckpointArchive> archives, CancellationToken cancellationToken)
    {
        try
        {
            return await new PodRestorer(cluster).RestoreAsync(plan, _times, _progress, cancellationToken).ConfigureAwait(false);
        }
        catch (KubeCheckpointException failure) when (failure.ErrorId == nameof(RestoreFailure.RestoreFailed))
        {
            // Runtimes often do not say why; a preflight of the archive may.
            if (request.Preflight is { } preflight && (plan.NodeName ?? (plan.Placement.Fitting is [var fitting, ..] ? fitting.Name : null)) is { } node)
                await ExplainAsync(preflight, archives, node, cancellationToken).ConfigureAwait(false);
            throw;
        }
    }

    private async Task ExplainAsync(RestorePreflight preflight, IReadOnlyList<CheckpointArchive> archives, string node, CancellationToken cancellationToken)
    {
        foreach (var archive in archives)
        {
            try
            {
                var support = await preflight.TestAsync(archive.Path, node, _progress, cancellationToken).ConfigureAwait(false);
                _remarks.AddRange(support.Checks.Where(check => check.Outcome == SupportOutcome.Failed)
                    .Select(check => $"Container '{archive.ContainerName}': {check.Detail} ({check.Name})."));
            }
            catch (KubeCheckpointException failure)
            {
                _remarks.Add($"The preflight of container '{archive.ContainerName}' failed: {failure.Message}");
            }
        }
    }

    /// <summary>Plans the restore of the copy and creates its namespace.</summary>
    private async Task<RestorePlan> PrepareAsync(IReadOnlyList<CheckpointArchive> archives, CancellationToken cancellationToken)
    {
        _progress?.Report(new("", "Creating a namespace", 0, null));
        var restore = new RestoreRequest
        {
            Images = request.Images,
            Archives = archives,
            Repository = request.Repository,
            Registry = request.Registry,
            OnWarning = _remarks.Add,
            Manifest = request.Manifest ?? request.Pod?.Manifest,
            Namespace = _namespace.Name,
            NodeName = request.NodeName,
            PullBaseImages = request.PullBaseImages,
            RestoresVolumes = request.RestoresVolumes,
            Helper = request.Helper,
            ComparesAllFiles = request.ComparesAllFiles,
            Timeout = request.Timeout,
            CatchLog = transfer.Logs.CatchAsync,
        };
        var planned = await new PodRestorer(cluster).PlanAsync(restore, cancellationToken).ConfigureAwait(false);

        // In its own namespace the copy can have the original's name, which is also its host name.
        var copy = planned.Pod.Copy();
        copy.Name = planned.Original.Name;
        _remarks.AddRange(DrillManifest.MakeHarmless(copy));
        await _namespace.MakeAsync(planned.Original.Namespace, cancellationToken).ConfigureAwait(false);
        await _namespace.FillAsync(planned.Original.Namespace, copy.References(), cancellationToken).ConfigureAwait(false);
        if (!request.AllowsNetwork)
            await _namespace.IsolateAsync(cancellationToken).ConfigureAwait(false);
        return planned with { Pod = copy };
    }

    private async Task ProbeAsync(CancellationToken cancellationToken)
    {
        var prober = new PodProber(request.Probes, request.ProbeTimeout);
        _probes = await prober.RunAsync(_restored!.Pod, _progress, cancellationToken).ConfigureAwait(false);
        var now = await cluster.GetPodAsync(_namespace.Name, _restored!.Pod.PodName, cancellationToken).ConfigureAwait(false);
        if (now.RestartCount > 0)
            throw RestoreFailure.RestoredPodRestarted(now.Namespace, now.PodName, now.RestartCount);
        if (_probes.FirstOrDefault(result => !result.Succeeded) is { } failed)
            throw ProbeFailure.ProbeFailed(now.Namespace, now.PodName, failed);
    }

    private async Task CleanUpAsync(TimeSpan time, bool isCancelled)
    {
        using var limit = new CancellationTokenSource(time);
        _progress?.Report(new("", "Cleaning up", 0, null));
        var archives = _archives?.RemoveFromNodeAsync(limit.Token) ?? Task.FromResult<string?>(null);
        var removed = request.Keeps && !isCancelled ? Task.FromResult<string?>(null) : RemoveNamespaceAsync(isAwaited: !isCancelled, limit.Token);
        await Task.WhenAll(archives, removed).ConfigureAwait(false);
        if (await archives.ConfigureAwait(false) is { } left)
            _remarks.Add($"Not removed: {left}.");
        if (await removed.ConfigureAwait(false) is { } words)
            _remarks.Add(words);
    }

    /// <summary>The namespace is deleted only after the pod has ended: the pod gets no grace period.</summary>
    private async Task<string?> RemoveNamespaceAsync(bool isAwaited, CancellationToken cancellationToken)
    {
        if (_restored is not null && isAwaited)
        {
            try
            {
                var path = PodApi.PathOf(_namespace.Name, _restored.Pod.PodName);
                await new ObjectApi(cluster.Server)
                    .DeleteAsync(path, _restored.Pod.PodUid, gracePeriod: 0, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is KubeCheckpointException or OperationCanceledException)
            {
                // It is deleted with its namespace.
            }
        }

        return await _namespace.DeleteAsync(isAwaited, cancellationToken).ConfigureAwait(false);
    }

    private PodRestoreTest Result(KubeCheckpointException? failure, RestoreStage failedStage) => new()
    {
        Namespace = request.Pod?.Namespace ?? FirstOf(_images, image => image.Namespace, request.Archives, archive => archive.Namespace),
        PodName = request.Pod?.PodName ?? FirstOf(_images, image => image.PodName, request.Archives, archive => archive.PodName),
        Passed = failure is null,
        NodeName = _restored?.Pod.NodeName,
        DrillNamespace = _namespace.Name,
        DrillPodName = _restored?.Pod.PodName,
        IsKept = request.Keeps,
        FailedStage = failure is null ? null : failedStage,
        ErrorId = failure?.ErrorId,
        Reason = failure?.Message,
        RecommendedAction = failure?.RecommendedAction,
        Stages = _times.Ended,
        Probes = _probes,
        Remarks = _remarks,
        Images = _images,
    };

    private static string NameOf(DrillRequest request) =>
        request.Pod?.ToString()
        ?? FirstOf(request.Images, image => image.PodName, request.Archives, archive => archive.PodName)
        ?? "a pod";

    private static string? FirstOf(
        IEnumerable<RestoreImage> images,
        Func<RestoreImage, string?> nameOfImage,
        IEnumerable<CheckpointArchive> archives,
        Func<CheckpointArchive, string?> nameOfArchive) =>
        images.Select(nameOfImage).Concat(archives.Select(nameOfArchive)).FirstOrDefault();
}

using System.Collections.Concurrent;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Archives.Statistics;
using KubeCheckpoint.Archives.Summaries;
using KubeCheckpoint.Cluster.Stages;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Cluster.Volumes;
using KubeCheckpoint.Images;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Cluster.Checkpoints;

/// <summary>
/// Checkpoints all running containers of a pod and saves the archives: in parallel, so that they show nearly the same moment, or one after the
/// other, each held still from its dump.
/// </summary>
/// <param name="checkpointer">Requests the checkpoints.</param>
/// <param name="transfer">Copies the archives; its options decide whether it deletes them on the node.</param>
/// <param name="pod">The pod as read just now.</param>
/// <param name="timeout">How long the runtime may take for one checkpoint, or null for the kubelet's own limit.</param>
/// <param name="volumes">Copies the volumes too, or null.</param>
internal sealed class PodArchives(ContainerCheckpointer checkpointer, ArchiveTransfer transfer, Pod pod, TimeSpan? timeout, VolumeTransfer? volumes = null)
{
    /// <summary>How often a container is dumped at most until it is held in time.</summary>
    private const int MostDumps = 3;

    private readonly ConcurrentDictionary<ContainerCheckpoint, ArchiveClaim?> _onNode = new();
    private ArchiveUploads? _uploads;

    /// <summary>The running containers that can be restored.</summary>
    public static IReadOnlyList<string> RestorableContainers(Pod pod) =>
    [
        .. pod.Containers
            .Where(container => container.State == ContainerState.Running && container.Kind is ContainerKind.Container or ContainerKind.Sidecar)
            .Select(container => container.Name),
    ];

    /// <summary>When the first checkpoint was requested.</summary>
    public DateTimeOffset? CheckpointedAt { get; private set; }

    /// <summary>
    /// Does before the checkpoints what would lengthen the way to the copy: starts the helper pod, and connects to the registry. The archives are then
    /// sent to it while they arrive, and the pages of processes get onto the disk of this computer only where the archives are kept in a folder.
    /// </summary>
    /// <param name="repository">Registry and repository of the restore images.</param>
    /// <param name="registry">How to connect to the registry.</param>
    /// <param name="times">Receives the stage.</param>
    /// <param name="cancellationToken">Cancels the requests.</param>
    /// <returns>The connection to the registry, which the caller closes after the archives are saved.</returns>
    public async Task<IDisposable> PrepareAsync(string repository, RegistryOptions registry, StageTimes times, CancellationToken cancellationToken)
    {
        times.Begin(RestoreStage.Save);
        if (pod.NodeName is not null)
            await transfer.PrepareAsync(pod.NodeName, cancellationToken).ConfigureAwait(false);
        times.Begin(RestoreStage.Push);
        return _uploads = await ArchiveUploads.OpenAsync(repository, registry, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Checkpoints the containers and saves the archives.</summary>
    /// <param name="folder">The local folder; null where the archives only pass through.</param>
    /// <param name="passing">What they pass through then.</param>
    /// <param name="times">Receives the durations, and how long the containers were frozen.</param>
    /// <param name="progress">Receives the steps.</param>
    /// <param name="onRemark">Receives what could not be deleted on the node.</param>
    /// <param name="hold">Holds the containers still, or null.</param>
    /// <param name="cancellationToken">Cancels the checkpoints and the transfer.</param>
    public async Task<IReadOnlyList<CheckpointArchive>> TakeAsync(
        string? folder,
        UnnamedFiles passing,
        StageTimes times,
        IProgress<TransferProgress>? progress,
        Action<string> onRemark,
        IDumpHold? hold,
        CancellationToken cancellationToken)
    {
        var checkpoints = await times.MeasureAsync(RestoreStage.Checkpoint, () => CheckpointAsync(hold, progress, cancellationToken))
            .ConfigureAwait(false);
        CheckpointedAt = checkpoints.Min(checkpoint => checkpoint.CheckpointedAt);
        var archives = await times.MeasureAsync(
            RestoreStage.Save,
            () => SaveAsync(checkpoints, folder, passing, progress, failure => onRemark(failure.Message), cancellationToken)).ConfigureAwait(false);
        foreach (var archive in archives)
        {
            if (FrozenTime(archive) is { } frozen)
                times.Add(RestoreStage.Freeze, frozen);
        }

        return archives;
    }

    /// <summary>Deletes the archives that are still on the node after a failure. Returns what could not be deleted, or null. Never throws.</summary>
    public async Task<string?> RemoveFromNodeAsync(CancellationToken cancellationToken)
    {
        var left = new List<string>();
        foreach (var (checkpoint, claim) in _onNode)
        {
            try
            {
                if (await RemoveAsync(checkpoint, cancellationToken).ConfigureAwait(false) is null)
                    continue;
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                // Listed as left behind.
            }

            left.Add($"{claim?.Path?.ToString() ?? checkpoint.NodePath} on node '{checkpoint.NodeName}'");
        }

        return left.Count == 0 ? null : string.Join(", ", left);
    }

    /// <summary>Deletes the archive of a checkpoint on its node. Returns the error message if that fails, or null.</summary>
    private async Task<string?> RemoveAsync(ContainerCheckpoint checkpoint, CancellationToken cancellationToken)
    {
        var claim = _onNode.GetValueOrDefault(checkpoint);
        var removal = claim?.Path is null
            ? transfer.RemoveAsync(checkpoint.NodeName!, checkpoint.NodePath, cancellationToken)
            : transfer.RemoveAsync(claim, cancellationToken);
        var message = await removal.ConfigureAwait(false);
        if (message is null)
            _onNode.TryRemove(checkpoint, out _);
        return message;
    }

    /// <summary>Checkpoints the containers. The archives stay on the node.</summary>
    public async Task<IReadOnlyList<ContainerCheckpoint>> CheckpointAsync(
        IDumpHold? hold, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        if (hold is not null)
            return await CheckpointHeldAsync(hold, progress, cancellationToken).ConfigureAwait(false);
        var tasks = RestorableContainers(pod).Select(container => CheckpointAsync(container, progress, cancellationToken)).ToList();

        // Wait for all even if one fails: the archives they leave on the node must be known.
        await ((Task)Task.WhenAll(tasks)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return await Task.WhenAll(tasks).ConfigureAwait(false);
    }

    /// <summary>Checkpoints the containers one after the other, without a pause: those that still run wait for those that are frozen.</summary>
    private async Task<IReadOnlyList<ContainerCheckpoint>> CheckpointHeldAsync(
        IDumpHold hold, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        var claims = new List<(string Container, ArchiveClaim? Claim)>();
        foreach (var container in RestorableContainers(pod))
            claims.Add((container, await ClaimAsync(container, cancellationToken).ConfigureAwait(false)));
        var checkpoints = new List<ContainerCheckpoint>();
        var marks = new List<Task>();
        try
        {
            foreach (var (container, first) in claims)
            {
                var (checkpoint, claim) = await DumpHeldAsync(container, first, hold, progress, cancellationToken).ConfigureAwait(false);
                checkpoints.Add(checkpoint);
                marks.Add(MarkAsync(checkpoint, claim, cancellationToken));
            }
        }
        catch
        {
            foreach (var (_, claim) in claims.Skip(checkpoints.Count + 1).Where(pair => pair.Claim is not null))
                await ArchiveTransfer.ReleaseAsync(claim!, cancellationToken).ConfigureAwait(false);
            throw;
        }
        finally
        {
            await Task.WhenAll(marks).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await Task.WhenAll(marks).ConfigureAwait(false);
        return checkpoints;
    }

    /// <summary>Checkpoints a container until it is held at the very end of its dump, a few times at most: a busy node may be too late once.</summary>
    private async Task<(ContainerCheckpoint Checkpoint, ArchiveClaim? Claim)> DumpHeldAsync(
        string container, ArchiveClaim? claim, IDumpHold hold, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        for (var dump = 1; ; dump++)
        {
            var checkpoint = await RequestAsync(container, claim, hold, progress, cancellationToken).ConfigureAwait(false);
            if (await hold.HoldAsync(container, cancellationToken).ConfigureAwait(false) || dump == MostDumps)
                return (checkpoint, claim);

            // The next archive may get the same name.
            await MarkAsync(checkpoint, claim, cancellationToken).ConfigureAwait(false);
            await RemoveAsync(checkpoint, cancellationToken).ConfigureAwait(false);
            claim = await ClaimAsync(container, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<ContainerCheckpoint> CheckpointAsync(string container, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        var claim = await ClaimAsync(container, cancellationToken).ConfigureAwait(false);
        var checkpoint = await RequestAsync(container, claim, hold: null, progress, cancellationToken).ConfigureAwait(false);
        await MarkAsync(checkpoint, claim, cancellationToken).ConfigureAwait(false);
        return checkpoint;
    }

    private async Task<ArchiveClaim?> ClaimAsync(string container, CancellationToken cancellationToken) =>
        pod.NodeName is null ? null : await transfer.ClaimAsync(pod.NodeName, PrefixOf(container), container, cancellationToken).ConfigureAwait(false);

    private async Task MarkAsync(ContainerCheckpoint checkpoint, ArchiveClaim? claim, CancellationToken cancellationToken) =>
        _onNode[checkpoint] = await transfer.MarkAsync(claim, checkpoint, PrefixOf(checkpoint.ContainerName), cancellationToken).ConfigureAwait(false);

    private string PrefixOf(string container) => CheckpointTarget.PrefixOf(pod.Namespace, pod.PodName, container);

    private async Task<ContainerCheckpoint> RequestAsync(
        string container, ArchiveClaim? claim, IDumpHold? hold, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        var request = new CheckpointRequest
        {
            Namespace = pod.Namespace,
            PodName = pod.PodName,
            ContainerName = container,
            NodeName = pod.NodeName,
            Pod = pod,
            Timeout = timeout,
            BeforeTry = hold is null ? null : token => hold.ArmAsync(container, token),
        };
        try
        {
            var checkpoint = await checkpointer.CheckpointAsync(request, progress, cancellationToken).ConfigureAwait(false);
            _onNode[checkpoint] = claim;
            return checkpoint;
        }
        catch (KubeCheckpointException failure) when (claim is not null && !CheckpointResponse.MayHaveArchive(failure))
        {
            await ArchiveTransfer.ReleaseAsync(claim, cancellationToken).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Saves the archives of checkpoints.</summary>
    /// <param name="checkpoints">The checkpoints.</param>
    /// <param name="folder">The local folder; null where the archives only pass through.</param>
    /// <param name="passing">What they pass through then.</param>
    /// <param name="progress">Receives the bytes that have arrived.</param>
    /// <param name="onLeft">Receives RemoveSourceFailed for each archive that should have been deleted on the node.</param>
    /// <param name="cancellationToken">Cancels the transfer.</param>
    public async Task<IReadOnlyList<CheckpointArchive>> SaveAsync(
        IReadOnlyList<ContainerCheckpoint> checkpoints,
        string? folder,
        UnnamedFiles passing,
        IProgress<TransferProgress>? progress,
        Action<KubeCheckpointException> onLeft,
        CancellationToken cancellationToken)
    {
        var archives = new List<CheckpointArchive>();
        foreach (var checkpoint in checkpoints)
        {
            var request = new SaveRequest
            {
                NodeName = checkpoint.NodeName!,
                NodePath = checkpoint.NodePath,
                Claim = _onNode.GetValueOrDefault(checkpoint),
                DestinationFolder = folder ?? "",
                Passing = folder is null ? passing : null,
                PodManifest = checkpoint.PodManifest,
                NewUpload = _uploads is null ? null : _uploads.Add,
            };
            // Where nothing is kept by container, one copy of the pod's volumes will do.
            var pending = volumes is null || (folder is null && archives.Count > 0)
                ? null
                : await volumes.CopyAsync(VolumesOf(checkpoint, request), progress, cancellationToken).ConfigureAwait(false);
            var saved = await transfer.SaveAsync(request, progress, cancellationToken).ConfigureAwait(false);
            _onNode.TryRemove(checkpoint, out _);
            if (saved.RemoveFailure is { } failure)
                onLeft(failure);
            var archive = await CheckpointArchiveReader.ReadAsync(saved.Path, cancellationToken).ConfigureAwait(false);
            archive = pending is null ? archive : await pending.PublishAsync(archive, cancellationToken).ConfigureAwait(false);
            archives.Add(archive with { PodManifest = archive.PodManifest ?? checkpoint.PodManifest });
        }

        return archives;
    }

    private VolumeRequest VolumesOf(ContainerCheckpoint checkpoint, SaveRequest request) => new()
    {
        NodeName = request.NodeName,
        NodePath = request.Claim?.Path?.ToString() ?? request.NodePath,
        DestinationFolder = request.DestinationFolder,
        Passing = request.Passing,
        PodUid = pod.PodUid ?? "",
        ContainerName = request.Passing is null ? checkpoint.ContainerName : null,
        PodManifest = pod.Manifest,
        CheckpointedAt = checkpoint.CheckpointedAt,
    };

    /// <summary>How long the container was frozen, or null if the archive does not record it.</summary>
    public static TimeSpan? FrozenTime(CheckpointArchive archive)
    {
        try
        {
            var statistics = StatisticReader.Read(archive.Path, CancellationToken.None);
            return statistics.Select(statistic => statistic.FrozenTime).FirstOrDefault(time => time is not null);
        }
        catch (KubeCheckpointException)
        {
            // Not every archive has statistics.
            return null;
        }
    }
}

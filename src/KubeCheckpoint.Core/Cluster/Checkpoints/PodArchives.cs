using System.Collections.Concurrent;
using System.Text.Json;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.Statistics;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Stages;
using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Cluster.Checkpoints;

/// <summary>
/// Checkpoints of all containers of a pod that run, brought here. They are taken side by side, so that they are of nearly one moment.
/// </summary>
/// <param name="checkpointer">Asks for the checkpoints.</param>
/// <param name="transfer">Brings the archives; whether it removes them on the node is its own affair.</param>
/// <param name="pod">The pod as it was read just now.</param>
/// <param name="timeout">How long the runtime may take for one, or null for the kubelet's own limit.</param>
internal sealed class PodArchives(ContainerCheckpointer checkpointer, ArchiveTransfer transfer, Pod pod, TimeSpan? timeout)
{
    private const int Tries = 3;

    /// <summary>What a connection that the kubelet's own probes have open just then comes to.</summary>
    private static readonly string[] OfAMoment = [nameof(CheckpointFailure.EstablishedTcpConnection), nameof(CheckpointFailure.CriuDumpFailed)];

    private readonly ConcurrentDictionary<ContainerCheckpoint, bool> _onNode = new();

    /// <summary>The containers that run and can be restored.</summary>
    public static IReadOnlyList<string> RestorableContainers(Pod pod) =>
    [
        .. pod.Containers
            .Where(container => container.State == ContainerState.Running && container.Kind is ContainerKind.Container or ContainerKind.Sidecar)
            .Select(container => container.Name),
    ];

    /// <summary>When the first checkpoint was asked for.</summary>
    public DateTimeOffset? CheckpointedAt { get; private set; }

    /// <summary>Takes and brings them.</summary>
    /// <param name="folder">The local folder.</param>
    /// <param name="times">Is told how long it took, and how long the containers stood still.</param>
    /// <param name="progress">Is told the steps.</param>
    /// <param name="onRemark">Is told what could not be removed on the node.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<IReadOnlyList<CheckpointArchive>> TakeAsync(
        string folder, StageTimes times, IProgress<TransferProgress>? progress, Action<string> onRemark, CancellationToken cancellationToken)
    {
        var checkpoints = await times.MeasureAsync(RestoreStage.Checkpoint, () => CheckpointAsync(progress, cancellationToken)).ConfigureAwait(false);
        CheckpointedAt = checkpoints.Min(checkpoint => checkpoint.CheckpointedAt);
        var archives = await times.MeasureAsync(RestoreStage.Save, () => SaveAsync(checkpoints, folder, progress, onRemark, cancellationToken))
            .ConfigureAwait(false);
        foreach (var archive in archives)
            NoteFreeze(archive, times);
        return archives;
    }

    /// <summary>Deletes on the node what is still there of a work that failed. Says what is left, or null. Never throws.</summary>
    public async Task<string?> RemoveFromNodeAsync(CancellationToken cancellationToken)
    {
        var left = new List<string>();
        foreach (var checkpoint in _onNode.Keys)
        {
            try
            {
                if (await transfer.RemoveAsync(checkpoint.NodeName!, checkpoint.NodePath, cancellationToken).ConfigureAwait(false) is null)
                    continue;
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                // It stays, and is named.
            }

            left.Add($"{checkpoint.NodePath} on node '{checkpoint.NodeName}'");
        }

        return left.Count == 0 ? null : string.Join(", ", left);
    }

    private async Task<IReadOnlyList<ContainerCheckpoint>> CheckpointAsync(IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        var tasks = RestorableContainers(pod).Select(container => CheckpointAsync(container, progress, cancellationToken)).ToList();

        // All are waited for, also where one fails: what they leave on the node must be known.
        await ((Task)Task.WhenAll(tasks)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return await Task.WhenAll(tasks).ConfigureAwait(false);
    }

    private async Task<ContainerCheckpoint> CheckpointAsync(string container, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        var request = new CheckpointRequest
        {
            Namespace = pod.Namespace,
            PodName = pod.PodName,
            ContainerName = container,
            NodeName = pod.NodeName,
            Pod = pod,
            Timeout = timeout,
        };
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var checkpoint = await checkpointer.CheckpointAsync(request, progress, cancellationToken).ConfigureAwait(false);
                _onNode[checkpoint] = true;
                return checkpoint;
            }
            catch (KubeCheckpointException failure) when (attempt < Tries && OfAMoment.Contains(failure.ErrorId) && IsProbed(container))
            {
                // The container goes on after a dump that failed, and the next second the probe's connection is closed.
                await Task.Delay(TimeSpan.FromSeconds(attempt), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>True where the kubelet opens connections to the container.</summary>
    private bool IsProbed(string container)
    {
        using var json = JsonDocument.Parse(pod.Manifest);
        return json.RootElement.Items("spec", "containers").Concat(json.RootElement.Items("spec", "initContainers"))
            .Where(spec => spec.Text("name") == container)
            .SelectMany(spec => new[] { spec.At("readinessProbe"), spec.At("livenessProbe"), spec.At("startupProbe") })
            .Any(probe => probe.Exists("tcpSocket") || probe.Exists("httpGet") || probe.Exists("grpc"));
    }

    private async Task<IReadOnlyList<CheckpointArchive>> SaveAsync(
        IReadOnlyList<ContainerCheckpoint> checkpoints,
        string folder,
        IProgress<TransferProgress>? progress,
        Action<string> onRemark,
        CancellationToken cancellationToken)
    {
        var archives = new List<CheckpointArchive>();
        foreach (var checkpoint in checkpoints)
        {
            var request = new SaveRequest
            {
                NodeName = checkpoint.NodeName!,
                NodePath = checkpoint.NodePath,
                DestinationFolder = folder,
                PodManifest = checkpoint.PodManifest,
            };
            var saved = await transfer.SaveAsync(request, progress, cancellationToken).ConfigureAwait(false);
            _onNode.TryRemove(checkpoint, out _);
            if (saved.RemoveFailure is { } failure)
                onRemark(failure.Message);
            archives.Add(await CheckpointArchiveReader.ReadAsync(saved.Path, cancellationToken).ConfigureAwait(false));
        }

        return archives;
    }

    private static void NoteFreeze(CheckpointArchive archive, StageTimes times)
    {
        try
        {
            var frozen = StatisticReader.Read(archive.Path, CancellationToken.None).Select(statistic => statistic.FrozenTime).FirstOrDefault(time => time is not null);
            if (frozen is { } time)
                times.Add(RestoreStage.Freeze, time);
        }
        catch (KubeCheckpointException)
        {
            // Not every archive has it.
        }
    }
}

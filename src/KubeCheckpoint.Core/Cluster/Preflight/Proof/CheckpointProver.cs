using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.Statistics;
using KubeCheckpoint.Cluster.Checkpoints;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Nodes;
using KubeCheckpoint.Cluster.Preflight.Checks;
using KubeCheckpoint.Cluster.Restore;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Images;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Cluster.Preflight.Proof;

/// <summary>
/// Proves on a node what the checks only infer: makes a counting pod, checkpoints it, brings the archive here, and where there is a
/// repository restores it beside the first. Whatever it made is removed at the end, however that comes about, but for the image, which
/// registries seldom let go.
/// </summary>
internal sealed class CheckpointProver(ClusterClient cluster, NodePreflightOptions options, ClusterNode node, CheckList checks)
{
    public const string CheckpointName = "CheckpointProof";
    public const string RestoreName = "RestoreProof";
    private const string SaveName = "SaveProof";
    private const string ImageTag = "kubecheckpoint-proof";

    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan CleanupLimit = TimeSpan.FromSeconds(10);

    /// <summary>Ctrl+C is to end within a second, also where the server hangs.</summary>
    private static readonly TimeSpan HastyCleanupLimit = TimeSpan.FromMilliseconds(800);

    private readonly string _restoredName = $"kubecheckpoint-restored-{RandomNumberGenerator.GetHexString(8, lowercase: true)}";
    private readonly string _namespace = options.Helper.Namespace;

    private CheckpointProof _proof = new();

    /// <summary>Adds the checks and returns what was measured.</summary>
    public async Task<CheckpointProof> ProveAsync(Action<string> report, CancellationToken cancellationToken)
    {
        using var lifetime = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var helper = options.Helper with { Deadline = Lifetime, RemoveSource = true, Overwrite = true };
        var transfer = new ArchiveTransfer(cluster, helper);
        var pod = new HelperPod(cluster, helper, node.Name, new("proof", [], NeedsTools: false, CountingPod.Script), lifetime.Token);
        var folder = Directory.CreateTempSubdirectory("kubecheckpoint-proof-");
        try
        {
            await RunAsync(transfer, pod, folder.FullName, report, cancellationToken).ConfigureAwait(false);
            return _proof;
        }
        finally
        {
            await lifetime.CancelAsync().ConfigureAwait(false);
            await CleanUpAsync(transfer, pod, cancellationToken.IsCancellationRequested).ConfigureAwait(false);
            folder.Delete(recursive: true);
        }
    }

    private async Task RunAsync(
        ArchiveTransfer transfer, HelperPod pod, string folder, Action<string> report, CancellationToken cancellationToken)
    {
        report("Starting a pod to checkpoint");
        var before = await TryAsync(CheckpointName, SupportScope.Checkpoint, () => StartAsync(transfer, pod, cancellationToken)).ConfigureAwait(false);
        if (before is null)
        {
            SkipFrom(SaveName);
            return;
        }

        report("Checkpointing it");
        var checkpoint = await TryAsync(CheckpointName, SupportScope.Checkpoint, () => CheckpointAsync(transfer, pod, before, cancellationToken)).ConfigureAwait(false);
        if (checkpoint is null)
        {
            SkipFrom(SaveName);
            return;
        }

        report("Saving its archive");
        var archive = await TryAsync(SaveName, SupportScope.Save, () => SaveAsync(transfer, checkpoint, folder, cancellationToken)).ConfigureAwait(false);
        if (archive is null || options.Repository is null)
        {
            SkipFrom(RestoreName, archive is null ? "there is no archive to restore" : "there is no -Repository to push a restore image to");
            return;
        }

        report("Restoring it");
        await TryAsync(RestoreName, SupportScope.Restore, () => RestoreAsync(archive, before, cancellationToken)).ConfigureAwait(false);
    }

    /// <summary>The pod counts, and the helper that brings its archive here and removes it stands ready.</summary>
    private async Task<CountingPod.Count> StartAsync(ArchiveTransfer transfer, HelperPod pod, CancellationToken cancellationToken)
    {
        await Task.WhenAll(pod.StartedAsync(cancellationToken), PrepareAsync(transfer, cancellationToken)).ConfigureAwait(false);
        var first = await new CountingPod(cluster, _namespace, pod.Name).CountsAsync(after: null, cancellationToken).ConfigureAwait(false);
        return first ?? throw ProofFailure.ProofPodSilent(_namespace, pod.Name, node.Name);
    }

    /// <summary>A kubelet's folder may be elsewhere: where it is shows once there is a checkpoint, and another helper is made then.</summary>
    private async Task PrepareAsync(ArchiveTransfer transfer, CancellationToken cancellationToken)
    {
        try
        {
            await transfer.PrepareAsync(node.Name, cancellationToken).ConfigureAwait(false);
        }
        catch (KubeCheckpointException)
        {
            // What keeps a helper from starting shows when it is needed.
        }
    }

    private async Task<ContainerCheckpoint> CheckpointAsync(
        ArchiveTransfer transfer, HelperPod pod, CountingPod.Count before, CancellationToken cancellationToken)
    {
        using var checkpointer = new ContainerCheckpointer(cluster, transfer);
        var request = new CheckpointRequest
        {
            Namespace = _namespace,
            PodName = pod.Name,
            ContainerName = HelperPodManifest.ContainerName,
            NodeName = node.Name,
            Pod = await cluster.GetPodAsync(_namespace, pod.Name, cancellationToken).ConfigureAwait(false),
        };
        var checkpoint = await checkpointer.CheckpointAsync(request, progress: null, cancellationToken).ConfigureAwait(false);
        _proof = _proof with { CheckpointDuration = checkpoint.Duration };
        var goesOn = await new CountingPod(cluster, _namespace, pod.Name).CountsAsync(before, cancellationToken).ConfigureAwait(false);
        if (goesOn is null)
            throw ProofFailure.ProofPodStandsStill(_namespace, pod.Name, node.Name);
        checks.Passed(CheckpointName, SupportScope.Checkpoint, $"a counting pod was checkpointed in {Text(checkpoint.Duration)} and went on");
        return checkpoint;
    }

    private async Task<CheckpointArchive> SaveAsync(
        ArchiveTransfer transfer, ContainerCheckpoint checkpoint, string folder, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        var saved = await transfer.SaveAsync(
            new SaveRequest { NodeName = node.Name, NodePath = checkpoint.NodePath, DestinationFolder = folder, PodManifest = checkpoint.PodManifest },
            progress: null,
            cancellationToken).ConfigureAwait(false);
        var took = watch.Elapsed;
        var archive = await CheckpointArchiveReader.ReadAsync(saved.Path, cancellationToken).ConfigureAwait(false);
        var frozen = StatisticReader.Read(saved.Path, cancellationToken).Select(statistic => statistic.FrozenTime).FirstOrDefault(time => time is not null);
        _proof = _proof with { SaveDuration = took, ArchiveSize = archive.Size, FrozenTime = frozen };
        if (saved.RemoveFailure is { } left)
            checks.Warning(SaveName, SupportScope.Save, $"its archive came here, and stayed on the node: {left.Message}", left.RecommendedAction);
        else
            checks.Passed(SaveName, SupportScope.Save, $"its archive of {ByteSize.Of(archive.Size)} came here in {Text(took)}");
        return archive;
    }

    private async Task<Pod> RestoreAsync(CheckpointArchive archive, CountingPod.Count before, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        var reference = ImageReference.Parse(options.Repository!) with { Tag = $"{ImageTag}-{node.Name}"[..Math.Min(128, ImageTag.Length + 1 + node.Name.Length)] };
        var image = await RestoreImageFactory.CreateAsync(
            new RestoreImageRequest { Archive = archive, Reference = reference.ToString(), Registry = options.Registry }, progress: null, cancellationToken).ConfigureAwait(false);
        _proof = _proof with { ImageReference = image.Reference, ImageSize = image.Size, PushDuration = watch.Elapsed };
        var request = new RestoreRequest { Images = [image], Name = _restoredName, Namespace = _namespace, NodeName = node.Name, Timeout = options.RestoreTimeout };
        var manifest = PodRestorer.BuildManifest(request, archive.PodManifest!);
        watch.Restart();
        var pod = await new PodRestorer(cluster).RestoreAsync(request, manifest, progress: null, cancellationToken).ConfigureAwait(false);
        _proof = _proof with { RestoreDuration = watch.Elapsed };
        await SeeItGoOnAsync(before, cancellationToken).ConfigureAwait(false);
        checks.Passed(RestoreName, SupportScope.Restore, $"it came back in {Text(_proof.RestoreDuration!.Value)} and went on counting");
        return pod;
    }

    /// <summary>A log may hold lines of before the checkpoint: two looks must find it grown.</summary>
    private async Task SeeItGoOnAsync(CountingPod.Count before, CancellationToken cancellationToken)
    {
        var restored = new CountingPod(cluster, _namespace, _restoredName);
        var seen = await restored.CountsAsync(before with { Number = before.Number - 1 }, cancellationToken).ConfigureAwait(false);
        var next = seen is null ? null : await restored.CountsAsync(seen, cancellationToken).ConfigureAwait(false);
        if (next is null)
            throw ProofFailure.ProofPodStandsStill(_namespace, _restoredName, node.Name);
    }

    private async Task<T?> TryAsync<T>(string name, SupportScope scope, Func<Task<T>> run)
        where T : class
    {
        try
        {
            return await run().ConfigureAwait(false);
        }
        catch (KubeCheckpointException failure)
        {
            checks.Failed(name, scope, failure.Message, failure.RecommendedAction);
            return null;
        }
    }

    private void SkipFrom(string first, string reason = "there is no checkpoint")
    {
        if (first == SaveName)
            checks.Skipped(SaveName, SupportScope.Save, reason);
        checks.Skipped(RestoreName, SupportScope.Restore, reason, options.Repository is null ? "Give -Repository." : null);
    }

    private async Task CleanUpAsync(ArchiveTransfer transfer, HelperPod pod, bool isHasty)
    {
        using var limit = new CancellationTokenSource(isHasty ? HastyCleanupLimit : CleanupLimit);
        await Task.WhenAll(
            RemoveArchivesAsync(transfer, pod, limit.Token),
            pod.DeleteAsync(limit.Token),
            HelperPod.DeleteAsync(cluster, _namespace, _restoredName, limit.Token)).ConfigureAwait(false);
        await transfer.DisposeAsync().ConfigureAwait(false);
    }

    private async Task RemoveArchivesAsync(ArchiveTransfer transfer, HelperPod pod, CancellationToken cancellationToken)
    {
        try
        {
            await transfer.RemoveAllAsync(node.Name, _namespace, pod.Name, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is KubeCheckpointException or OperationCanceledException or IOException)
        {
            // What is still being written, or a node that does not answer, keeps its archive: a few hundred KiB of a counting shell.
        }
    }

    private static string Text(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.00} s");
}

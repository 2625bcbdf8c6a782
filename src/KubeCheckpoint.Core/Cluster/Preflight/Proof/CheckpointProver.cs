using System.Diagnostics;
using System.Globalization;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Cluster.Checkpoints;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Nodes;
using KubeCheckpoint.Cluster.Ownership;
using KubeCheckpoint.Cluster.Preflight.Checks;
using KubeCheckpoint.Cluster.Restore;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Images;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Cluster.Preflight.Proof;

/// <summary>
/// Proves on a node what the checks only infer: creates a counting pod, checkpoints it, saves the archive and, if a repository is given,
/// restores it beside the first. At the end, whatever it created is removed except the image, which few registries let clients delete.
/// </summary>
internal sealed class CheckpointProver(ClusterClient cluster, NodePreflightOptions options, ClusterNode node, CheckList checks)
{
    public const string CheckpointName = "CheckpointProof";
    public const string RestoreName = "RestoreProof";
    private const string SaveName = "SaveProof";
    private const string ImageTag = "kubecheckpoint-proof";
    private const int MaxTagLength = 128;

    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan CleanupTime = TimeSpan.FromSeconds(10);

    private readonly string _restoredName = WellKnownNames.NewName("restored");
    private readonly string _namespace = options.Helper.Namespace;

    private CheckpointProof _proof = new();

    /// <summary>Adds the checks and returns the measurements.</summary>
    public async Task<CheckpointProof> ProveAsync(Action<string> report, CancellationToken cancellationToken)
    {
        using var lifetime = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var helper = options.Helper with { Deadline = Lifetime, RemoveSource = true, IsPassing = true, Overwrite = true };
        var transfer = new ArchiveTransfer(cluster, helper);
        using var passing = new UnnamedFiles();
        var pod = new HelperPod(cluster, helper, node.Name, new(OwnerRole.Proof, [], NeedsTools: false, CountingPod.Script), lifetime.Token);
        try
        {
            await RunAsync(transfer, pod, passing, report, cancellationToken).ConfigureAwait(false);
            return _proof;
        }
        finally
        {
            await lifetime.CancelAsync().ConfigureAwait(false);
            await CleanUpAsync(transfer, pod, cancellationToken.IsCancellationRequested).ConfigureAwait(false);
        }
    }

    private async Task RunAsync(
        ArchiveTransfer transfer, HelperPod pod, UnnamedFiles passing, Action<string> report, CancellationToken cancellationToken)
    {
        report("Starting a pod to checkpoint");
        var before = await TryAsync(CheckpointName, SupportScope.Checkpoint, () => StartAsync(transfer, pod, cancellationToken)).ConfigureAwait(false);
        if (before is null)
        {
            SkipFrom(SaveName);
            return;
        }

        report("Checkpointing it");
        using var checkpointer = new ContainerCheckpointer(cluster, transfer);
        var counting = await cluster.GetPodAsync(_namespace, pod.Name, cancellationToken).ConfigureAwait(false);
        var archives = new PodArchives(checkpointer, transfer, counting, timeout: null);
        var checkpoint = await TryAsync(
            CheckpointName, SupportScope.Checkpoint, () => CheckpointAsync(archives, before, cancellationToken)).ConfigureAwait(false);
        if (checkpoint is null)
        {
            SkipFrom(SaveName);
            return;
        }

        report("Saving its archive");
        var archive = await TryAsync(SaveName, SupportScope.Save, () => SaveAsync(archives, checkpoint, passing, cancellationToken)).ConfigureAwait(false);
        if (archive is null || options.Repository is null)
        {
            SkipFrom(RestoreName, archive is null ? "there is no archive to restore" : "no -Repository to push a restore image to was given");
            return;
        }

        report("Restoring it");
        await TryAsync(RestoreName, SupportScope.Restore, () => RestoreAsync(archive, before, cancellationToken)).ConfigureAwait(false);
    }

    /// <summary>Waits until the pod counts and the helper pod that copies and deletes its archive is ready.</summary>
    private async Task<CountingPod.Count> StartAsync(ArchiveTransfer transfer, HelperPod pod, CancellationToken cancellationToken)
    {
        await Task.WhenAll(pod.StartedAsync(cancellationToken), PrepareAsync(transfer, cancellationToken)).ConfigureAwait(false);
        var first = await new CountingPod(cluster, _namespace, pod.Name).CountsAsync(after: null, cancellationToken).ConfigureAwait(false);
        return first ?? throw ProofFailure.ProofPodSilent(_namespace, pod.Name, node.Name);
    }

    /// <summary>Starts the helper pod early. If the kubelet's folder is elsewhere, saving the checkpoint starts another one.</summary>
    private async Task PrepareAsync(ArchiveTransfer transfer, CancellationToken cancellationToken)
    {
        try
        {
            await transfer.PrepareAsync(node.Name, cancellationToken).ConfigureAwait(false);
        }
        catch (KubeCheckpointException)
        {
            // Reported when the helper pod is needed.
        }
    }

    private async Task<ContainerCheckpoint> CheckpointAsync(PodArchives archives, CountingPod.Count before, CancellationToken cancellationToken)
    {
        var checkpoint = (await archives.CheckpointAsync(hold: null, progress: null, cancellationToken).ConfigureAwait(false))[0];
        _proof = _proof with { CheckpointDuration = checkpoint.Duration };
        if (await new CountingPod(cluster, _namespace, checkpoint.PodName).CountsAsync(before, cancellationToken).ConfigureAwait(false) is null)
            throw ProofFailure.ProofPodStandsStill(_namespace, checkpoint.PodName, node.Name);
        checks.Passed(CheckpointName, SupportScope.Checkpoint, $"a counting pod was checkpointed in {Text(checkpoint.Duration)} and continued");
        return checkpoint;
    }

    private async Task<CheckpointArchive> SaveAsync(
        PodArchives archives, ContainerCheckpoint checkpoint, UnnamedFiles passing, CancellationToken cancellationToken)
    {
        KubeCheckpointException? left = null;
        var watch = Stopwatch.StartNew();
        var saved = await archives.SaveAsync([checkpoint], folder: null, passing, progress: null, failure => left = failure, cancellationToken)
            .ConfigureAwait(false);
        var archive = saved[0];
        var took = watch.Elapsed;
        _proof = _proof with { SaveDuration = took, ArchiveSize = archive.Size, FrozenTime = PodArchives.FrozenTime(archive) };
        if (left is not null)
            checks.Warning(SaveName, SupportScope.Save, $"the archive was saved, but is still on the node: {left.Message}", left.RecommendedAction);
        else
            checks.Passed(SaveName, SupportScope.Save, $"the archive of {CheckText.Size(archive.Size)} was saved in {Text(took)}");
        return archive;
    }

    private async Task<Pod> RestoreAsync(CheckpointArchive archive, CountingPod.Count before, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        var tag = $"{ImageTag}-{node.Name}";
        var reference = ImageReference.Parse(options.Repository!) with { Tag = tag[..Math.Min(MaxTagLength, tag.Length)] };
        var source = new RestoreImageRequest { Archive = archive, Reference = reference.ToString(), Registry = options.Registry };
        var image = await RestoreImageFactory.CreateAsync(source, progress: null, cancellationToken).ConfigureAwait(false);
        _proof = _proof with { ImageReference = image.Reference, ImageSize = image.Size, PushDuration = watch.Elapsed };
        var request = new RestoreRequest
        {
            Images = [image],
            Manifest = archive.PodManifest,
            Name = _restoredName,
            Namespace = _namespace,
            NodeName = node.Name,
            Labels = Nullable(cluster.Owner.OwnLabels(OwnerRole.Proof)),
            Annotations = Nullable(cluster.Owner.Annotations(Lifetime + options.RestoreTimeout)),
            PullBaseImages = false,
            Timeout = options.RestoreTimeout,
        };
        var plan = await PodRestorer.PlanOfflineAsync(request).ConfigureAwait(false) ?? throw RestoreFailure.PodManifestMissing(image.Reference);
        watch.Restart();
        var (pod, _) = await new PodRestorer(cluster).RestoreAsync(plan, progress: null, cancellationToken).ConfigureAwait(false);
        _proof = _proof with { RestoreDuration = watch.Elapsed };
        await CheckItContinuesAsync(before, cancellationToken).ConfigureAwait(false);
        checks.Passed(RestoreName, SupportScope.Restore, $"the pod was restored in {Text(_proof.RestoreDuration!.Value)} and continued to count");
        return pod;
    }

    /// <summary>Reads the log twice: it may hold lines from before the checkpoint, so only growth proves that the pod continues.</summary>
    private async Task CheckItContinuesAsync(CountingPod.Count before, CancellationToken cancellationToken)
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
        checks.Skipped(RestoreName, SupportScope.Restore, reason, options.Repository is null ? "Give a repository with -Repository." : null);
    }

    private async Task CleanUpAsync(ArchiveTransfer transfer, HelperPod pod, bool isCancelled)
    {
        using var limit = new CancellationTokenSource(isCancelled ? CleanupLimit.Cancelled : CleanupTime);
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
            // An archive that is still being written, or whose node does not respond, stays: a few hundred KiB of a counting shell.
        }
    }

    private static Dictionary<string, string?> Nullable(Dictionary<string, string> values) =>
        values.ToDictionary(pair => pair.Key, pair => (string?)pair.Value);

    private static string Text(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.00} s");
}

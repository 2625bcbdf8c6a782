using KubeCheckpoint.Cluster.Checkpoints;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Restore;
using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Cluster.Drills;

/// <summary>
/// Rehearses a restore: makes a copy of a pod from its checkpoint beside the original, in a namespace of its own, asks it by probes, and
/// removes what it has made. Nothing of the original is touched.
/// </summary>
/// <param name="cluster">The cluster. Stays the caller's to dispose of, as do the others.</param>
/// <param name="checkpointer">Asks for checkpoints.</param>
/// <param name="transfer">Brings archives off their nodes and removes them there.</param>
public sealed class RestoreDrill(ClusterClient cluster, ContainerCheckpointer checkpointer, ArchiveTransfer transfer)
{
    /// <summary>Carries out a drill. A pod that does not come back is an outcome and no failure.</summary>
    /// <param name="request">What it is of.</param>
    /// <param name="progress">Is told the steps.</param>
    /// <param name="cancellationToken">Ends it: what was made is removed within a second.</param>
    /// <exception cref="KubeCheckpointException">PodNotRunning, NoRestoreImage: there is nothing to rehearse.</exception>
    public async Task<PodRestoreTest> RunAsync(DrillRequest request, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        if (request.Pod is { } pod && PodArchives.RestorableContainers(pod).Count == 0)
            throw CheckpointFailure.PodNotRunning(pod.Namespace, pod.PodName, pod.Status);
        if (request.Pod is null && request.Images.Count + request.Archives.Count == 0)
            throw RestoreFailure.NoRestoreImage();
        return await new RestoreDrillRun(cluster, checkpointer, transfer, request, progress).RunAsync(cancellationToken).ConfigureAwait(false);
    }
}

using System.Text.Json;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Objects;
using KubeCheckpoint.Cluster.Ownership;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Leftovers;

/// <summary>Removes leftovers: exactly the object or file that was found, never another one that has its name by now.</summary>
public static class LeftoverRemover
{
    /// <summary>Removes a file from this machine, if it still is one that <see cref="LocalLeftovers"/> finds.</summary>
    /// <param name="leftover">The file.</param>
    /// <returns>Whether it was removed.</returns>
    /// <exception cref="KubeCheckpointException">LeftoverNotRemoved.</exception>
    public static bool Remove(CheckpointLeftover leftover)
    {
        if (!LocalLeftovers.Find().Any(file => file.Name == leftover.Name))
            return false;
        try
        {
            File.Delete(leftover.Name);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw LeftoverFailure.LeftoverNotRemoved(leftover, exception.Message, exception);
        }
    }

    /// <summary>Removes an object of a cluster. One that is gone, or is the user's by now, is left alone.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="leftover">The object.</param>
    /// <param name="helper">The helper pod that removes archives from a node before their own one goes, where that has ended.</param>
    /// <param name="cancellationToken">Cancels the requests.</param>
    /// <returns>Whether it was removed.</returns>
    /// <exception cref="KubeCheckpointException">LeftoverNotRemoved; the failures of helper pods; Forbidden, ClusterUnreachable and the like.</exception>
    public static async Task<bool> RemoveAsync(
        ClusterClient cluster, CheckpointLeftover leftover, ArchiveTransferOptions helper, CancellationToken cancellationToken)
    {
        var objects = new ObjectApi(cluster.Server);
        var path = leftover.Kind == LeftoverReader.Pod
            ? PodApi.PathOf(leftover.Namespace!, leftover.Name)
            : $"api/v1/namespaces/{ResourceName.Namespace(leftover.Name)}";
        var now = await objects.FindAsync(path, cancellationToken).ConfigureAwait(false);
        var metadata = now?.Object("metadata");
        if (metadata?.Text("uid") is not { } uid || uid != leftover.Uid || metadata.Object("labels")?.ContainsKey(OwnerMarks.Role) != true)
            return false;
        var isPod = leftover.Kind == LeftoverReader.Pod;
        if (isPod)
            await NodeArchives.RemoveAsync(cluster, JsonSerializer.SerializeToElement(now), helper, cancellationToken).ConfigureAwait(false);
        if (await objects.DeleteAsync(path, uid, gracePeriod: isPod ? 0 : null, cancellationToken).ConfigureAwait(false) is { } message)
            throw LeftoverFailure.LeftoverNotRemoved(leftover, message);
        return true;
    }
}

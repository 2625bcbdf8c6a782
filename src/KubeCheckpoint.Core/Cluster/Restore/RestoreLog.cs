using System.Text;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Explanations;
using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Cluster.Restore;

/// <summary>Explains a failed restore by CRIU's log of the next try.</summary>
/// <param name="cluster">Reads the pod.</param>
/// <param name="catchLog">Reads the log on the node.</param>
internal sealed class RestoreLog(ClusterClient cluster, CatchRestoreLog catchLog)
{
    private const int Looks = 4;

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(1);

    /// <summary>The run with what the log says, or with the reason why there is none.</summary>
    public async Task<FailedCriuRun> ExplainAsync(FailedCriuRun run, RestoreLogPlace place, CancellationToken cancellationToken)
    {
        var (log, reason) = await catchLog(run.NodeName!, place, cancellationToken).ConfigureAwait(false);
        if (log is null)
            return run with { LogReason = reason };
        var end = Array.IndexOf(log, (byte)'\n');
        var id = end < 0 ? "" : Encoding.UTF8.GetString(log, 0, end).Split('/')[0];
        return id.Length > 0 && await IsOfPodAsync(run, id, cancellationToken).ConfigureAwait(false)
            ? CriuExplanation.With(run, log[(end + 1)..])
            : run with { LogReason = "another pod was restored on the node at the same time" };
    }

    /// <summary>Whether a container is the pod's, which the kubelet reports a moment later.</summary>
    private async Task<bool> IsOfPodAsync(FailedCriuRun run, string id, CancellationToken cancellationToken)
    {
        for (var look = 1; look <= Looks; look++)
        {
            var pod = await cluster.Pods.FindAsync(run.Namespace, run.PodName, cancellationToken).ConfigureAwait(false);
            if (pod is null)
                return false;
            if (pod.Containers.Any(container => Names(container.ContainerId, id) || Names(container.Message, id)))
                return true;
            await Task.Delay(BetweenLooks, cancellationToken).ConfigureAwait(false);
        }

        return false;
    }

    private static bool Names(string? text, string id) => text?.Contains(id, StringComparison.Ordinal) == true;
}

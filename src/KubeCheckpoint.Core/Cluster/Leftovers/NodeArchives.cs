using System.Text.Json;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Ownership;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Leftovers;

/// <summary>
/// The archives that dead processes have left on nodes. A helper pod removes those that are marked with its name by itself, and reports those
/// that may be its own or somebody else's. Whoever may create pods can write such a report: it decides on nothing but what the user reads.
/// </summary>
internal static class NodeArchives
{
    /// <summary>How many archives of one report are shown.</summary>
    private const int Most = 16;

    private const string FolderName = "/checkpoints";

    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(10);

    /// <summary>The folder on the node with archives that a pod may have marked; null for other pods.</summary>
    public static string? FolderOf(JsonElement pod) =>
        pod.Text("metadata", "annotations", OwnerMarks.Claims) is not null
        && pod.Text("metadata", "labels", OwnerMarks.Role) == OwnerRole.Transfer
        && pod.Items("spec", "volumes").Select(volume => volume.Text("hostPath", "path")).FirstOrDefault() is { } path
        && path.EndsWith(FolderName, StringComparison.Ordinal)
        && NodePath.TryParse(path) is not null
            ? path
            : null;

    /// <summary>Whether the pod has ended.</summary>
    public static bool HasEnded(JsonElement pod) => pod.Text("status", "phase") is "Succeeded" or "Failed";

    /// <summary>Whether the pod has ended by itself, after it had removed them.</summary>
    public static bool AreRemoved(JsonElement pod) => pod.Text("status", "phase") == "Succeeded";

    /// <summary>The archives that an ended pod has reported.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="leftover">The pod as a leftover.</param>
    public static IEnumerable<CheckpointLeftover> ReportedBy(JsonElement pod, CheckpointLeftover leftover)
    {
        if (FolderOf(pod) is not { } folder || !AreRemoved(pod) || leftover.NodeName is not { } node || !ResourceName.IsSubdomain(node))
            return [];
        var report = pod.Items("status", "containerStatuses").Select(status => status.Text("state", "terminated", "message")).FirstOrDefault() ?? "";
        return Names(report).Select(name => leftover with
        {
            Kind = LeftoverReader.File,
            Place = LeftoverPlace.Node,
            Namespace = null,
            Name = $"{folder}/{name}",
            Role = LeftoverRole.PassingArchive,
            State = LeftoverState.Undecided,
            CreatedAt = null,
            Uid = null,
            RecommendedAction = $"{leftover.Cmdlet ?? "A cmdlet"} died while it waited for an archive: this may be that archive, or somebody " +
                "else's. If nobody needs it there, take it from the node with " +
                $"'Save-CheckpointArchive -NodeName {node} -NodePath {folder}/{name} -RemoveSource -Destination FOLDER'. " +
                $"Then remove the report with 'kubectl delete pod {leftover.Name} -n {leftover.Namespace}'.",
        });
    }

    /// <summary>Removes the archives that are marked with the name of a pod, if it is one that marks any.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="item">The pod. If it has ended, another one does it.</param>
    /// <param name="options">How that one is created.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="KubeCheckpointException">LeftoverNotRemoved: an archive may be somebody else's. The failures of helper pods.</exception>
    public static async Task RemoveAsync(ClusterClient cluster, JsonElement item, ArchiveTransferOptions options, CancellationToken cancellationToken)
    {
        var pod = LeftoverReader.Read(item, LeftoverReader.Pod, cluster.Target, DateTimeOffset.UtcNow);
        if (ReportedBy(item, pod).FirstOrDefault() is { } archive)
            throw MayBeOfOthers(pod, archive.Name);
        if (pod.ArchiveFolder is null || pod.NodeName is null)
            return;
        string report;
        try
        {
            report = pod.IsRunning
                ? await RunAsync(new(cluster.Server.Connection, pod.Namespace!, pod.Name), pod, cancellationToken).ConfigureAwait(false)
                : await RunInAnotherAsync(cluster, pod, options, cancellationToken).ConfigureAwait(false);
        }
        catch (ExecBrokenException exception)
        {
            throw LeftoverFailure.LeftoverNotRemoved(pod, exception.Message, exception);
        }

        if (Names(report).FirstOrDefault() is { } name)
            throw MayBeOfOthers(pod, $"{pod.ArchiveFolder}/{name}");
    }

    private static KubeCheckpointException MayBeOfOthers(CheckpointLeftover pod, string path) => LeftoverFailure.LeftoverNotRemoved(
        pod, $"'{path}' on node '{pod.NodeName}' may be the archive that its cmdlet waited for, or somebody else's.");

    private static async Task<string> RunInAnotherAsync(
        ClusterClient cluster, CheckpointLeftover pod, ArchiveTransferOptions options, CancellationToken cancellationToken)
    {
        var pods = new HelperPodSet(cluster, options with { RemoveSource = true });
        await using (pods.ConfigureAwait(false))
        {
            var role = HelperRole.Transfer(pod.ArchiveFolder!, options with { RemoveSource = true });
            var helper = pods.Add(ResourceName.Node(pod.NodeName!), role);
            await helper.StartedAsync(cancellationToken).ConfigureAwait(false);
            return await RunAsync(helper.Exec, pod, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<string> RunAsync(PodExec exec, CheckpointLeftover pod, CancellationToken cancellationToken)
    {
        var (result, output) = await exec.RunAsync(ArchiveClaim.EndScript(pod.Name), Silence, cancellationToken).ConfigureAwait(false);
        return result.ExitCode == 0 ? output : throw LeftoverFailure.LeftoverNotRemoved(pod, result.Errors);
    }

    private static IEnumerable<string> Names(string report) =>
        report.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(ArchiveClaim.IsArchiveName).Distinct(StringComparer.Ordinal).Take(Most);
}

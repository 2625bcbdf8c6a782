using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Explanations;
using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Cluster.Restore;

/// <summary>Recognizes and explains a container that CRIU could not restore, by the message of the runtime.</summary>
internal static class FailedRestore
{
    private const int LongestReason = 200;

    /// <summary>runc's message, and crun's.</summary>
    private static readonly string[] Messages = ["type RESTORE errno", "CRIU restoring failed"];

    public static bool IsCriu(string message) => Messages.Any(words => message.Contains(words, StringComparison.OrdinalIgnoreCase));

    /// <summary>The run of CRIU, with what the message quotes of its log.</summary>
    public static FailedCriuRun Of(Pod pod, Container container, string message) => CriuExplanation.WithQuoted(
        new()
        {
            Namespace = pod.Namespace,
            PodName = pod.PodName,
            ContainerName = container.Name,
            NodeName = pod.NodeName,
            NodePath = RestoreLogPlace.Of(message).ToString(),
        },
        message);

    /// <summary>How to see the log: both runtimes delete it together with the container as soon as the restore has failed.</summary>
    public static string LogHint(FailedCriuRun run)
    {
        if (run.Log.Count > 0)
            return "CRIU's log: $Error[0].TargetObject | Get-CheckpointLog.";
        var reason = run.LogReason is { } text ? $" (It could not be read from here: {text.TrimEnd('.').Shorten(LongestReason)}.)" : "";
        return $"The runtime deletes CRIU's log after the failure; on node '{run.NodeName}', as root, before the next try: " +
            $"until cp {run.NodePath} /tmp 2>/dev/null; do :; done.{reason}";
    }
}

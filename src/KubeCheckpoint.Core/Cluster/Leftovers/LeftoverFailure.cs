using KubeCheckpoint.Cluster.Connections;

namespace KubeCheckpoint.Cluster.Leftovers;

/// <summary>Failures to remove leftovers.</summary>
internal static class LeftoverFailure
{
    /// <summary>The server or the system refused to remove something that a cmdlet had left.</summary>
    public static KubeCheckpointException LeftoverNotRemoved(CheckpointLeftover leftover, string message, Exception? inner = null) => new(
        nameof(LeftoverNotRemoved), FailureCategory.WriteError, leftover.ToString(),
        $"{leftover} could not be removed: {message.Shorten(600)}",
        "Remove it yourself, or ask someone who may.", inner);
}

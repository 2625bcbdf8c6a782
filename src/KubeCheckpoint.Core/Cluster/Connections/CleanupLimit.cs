namespace KubeCheckpoint.Cluster.Connections;

/// <summary>How long the module may take to remove what it has made in the cluster.</summary>
internal static class CleanupLimit
{
    /// <summary>The limit after a cancellation: Ctrl+C must end within a second even if the server hangs.</summary>
    public static readonly TimeSpan Cancelled = TimeSpan.FromMilliseconds(700);
}

namespace KubeCheckpoint.Cluster.Preflight.Checks;

/// <summary>What checks of running pods and of archives say alike.</summary>
internal static class PodAdvice
{
    public const string HostNetwork = "the pod uses its node's network: its ports and addresses must be free there";
    public const string FreeHostNetwork = "Stop the original pod first, or restore on a node where nothing uses them.";
    public const string HavePaths = "The new node must have them, with the same content.";
    public const string CloseFiles = "Checkpoint the container while these files are closed.";
}

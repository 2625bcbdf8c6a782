using KubeCheckpoint.Cluster.Connections;

namespace KubeCheckpoint.Cluster.Restore;

/// <summary>Failures to pull the images that the checkpointed containers ran from.</summary>
internal static class BaseImageFailure
{
    /// <summary>The images that the containers once ran from could not be pulled to the node.</summary>
    public static KubeCheckpointException BaseImagePullFailed(
        string ns, string image, string? node, string words, IReadOnlyCollection<string> pullSecrets, IReadOnlyList<string> events) => new(
        nameof(BaseImagePullFailed), FailureCategory.ResourceUnavailable, image,
        $"The image '{image}', from which the container once ran, could not be pulled to {(node is null ? "a node" : $"node '{node}'")}: " +
        $"{words.Shorten(600)} {PullSecretWords(ns, pullSecrets)}{events.ToAppendix()}",
        "Make it reachable for the node and give the pod a pull secret for it (imagePullSecrets; Restore-Pod -Patch sets it), or pull it on the node by hand; " +
        "with -SkipPrePull the restore goes on without.");

    /// <summary>The pod that pulls the base images was refused.</summary>
    public static KubeCheckpointException BaseImagePullRefused(string ns, string words, Exception inner) => new(
        nameof(BaseImagePullRefused), FailureCategory.PermissionDenied, ns,
        $"Namespace '{ns}' does not take the pod that pulls the images from which the containers once ran: {words.Shorten(600)}",
        "Where the node has these images, restore with -SkipPrePull.", inner);

    private static string PullSecretWords(string ns, IReadOnlyCollection<string> secrets) => secrets.Count == 0
        ? "The pod names no pull secrets."
        : $"The pod's pull secrets in namespace '{ns}': {string.Join(", ", secrets)}.";
}

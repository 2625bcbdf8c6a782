using KubeCheckpoint.Cluster.Connections;

namespace KubeCheckpoint.Cluster.Restore;

/// <summary>Failures to pull the images that the checkpointed containers ran from.</summary>
internal static class BaseImageFailure
{
    /// <summary>The images that the containers once ran from could not be pulled to the node.</summary>
    public static KubeCheckpointException BaseImagePullFailed(
        string ns, string image, string? node, string message, IReadOnlyCollection<string> pullSecrets, IReadOnlyList<string> events) => new(
        nameof(BaseImagePullFailed), FailureCategory.ResourceUnavailable, image,
        $"The image '{image}', which the container ran from, could not be pulled to {(node is null ? "a node" : $"node '{node}'")}: " +
        $"{message.Shorten(600)} {PullSecrets(ns, pullSecrets)}{events.ToAppendix()}",
        "Make the image available to the node and give the pod a pull secret for it (imagePullSecrets; Restore-Pod -Patch sets it), " +
        "or pull it on the node yourself; with -SkipPrePull, the restore does not need it.");

    /// <summary>The pod that pulls the base images was refused.</summary>
    public static KubeCheckpointException BaseImagePullRefused(string ns, string message, Exception inner) => new(
        nameof(BaseImagePullRefused), FailureCategory.PermissionDenied, ns,
        $"Namespace '{ns}' does not allow the pod that pulls the images that the containers ran from: {message.Shorten(600)}",
        "If the node has these images, use Restore-Pod -SkipPrePull.", inner);

    private static string PullSecrets(string ns, IReadOnlyCollection<string> secrets) => secrets.Count == 0
        ? "The pod names no pull secrets."
        : $"The pod's pull secrets in namespace '{ns}': {string.Join(", ", secrets)}.";
}

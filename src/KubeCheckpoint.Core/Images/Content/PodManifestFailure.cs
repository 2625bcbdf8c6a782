namespace KubeCheckpoint.Images.Content;

/// <summary>Failures to read the pod manifest that a restore image or a request carries.</summary>
internal static class PodManifestFailure
{
    /// <summary>The manifest is not a pod's, or it cannot be used.</summary>
    /// <param name="reason">Why, as a clause.</param>
    /// <param name="archive">The archive beside which the manifest is, or null for one that was given.</param>
    /// <param name="inner">The cause, or null.</param>
    public static KubeCheckpointException PodManifestInvalid(string reason, string? archive = null, Exception? inner = null) => new(
        nameof(PodManifestInvalid), FailureCategory.InvalidData, archive,
        $"The pod manifest{(archive is null ? "" : $" of '{archive}'")} cannot be used: {reason.TrimEnd('.')}.",
        archive is null
            ? "Give the manifest of a pod as JSON, as 'kubectl get pod NAME -o json' prints it."
            : "Correct or move the .pod.json file beside the archive, or give the manifest again (kubectl get pod -o json).",
        inner);
}

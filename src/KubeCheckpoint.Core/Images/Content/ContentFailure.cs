namespace KubeCheckpoint.Images.Content;

/// <summary>Failures to build the documents of a restore image.</summary>
internal static class ContentFailure
{
    /// <summary>The pod manifest of an archive is not a pod in JSON.</summary>
    public static KubeCheckpointException PodManifestInvalid(string archive, string reason, Exception? inner = null) => new(
        nameof(PodManifestInvalid), FailureCategory.InvalidData, archive,
        $"The pod manifest of '{archive}' cannot be used: {reason.TrimEnd('.')}.",
        "Correct or move the .pod.json file beside the archive, or give the manifest again (kubectl get pod -o json).", inner);
}

namespace KubeCheckpoint.Cluster.Restore.Patches;

/// <summary>Failures to patch a manifest.</summary>
internal static class PatchFailure
{
    /// <summary>The patch is invalid.</summary>
    public static KubeCheckpointException PatchInvalid(string message, Exception? inner = null) => new(
        nameof(PatchInvalid), FailureCategory.InvalidArgument, null,
        $"The patch cannot be used: {message}.",
        "Give an object to merge, such as @{ spec = @{ priorityClassName = 'high' } }, or a list of operations as in RFC 6902.", inner);

    /// <summary>The patch does not match the manifest.</summary>
    public static KubeCheckpointException PatchNotApplicable(string path, string message) => new(
        nameof(PatchNotApplicable), FailureCategory.InvalidArgument, path,
        $"The patch does not match the manifest at '{path}': {message}.",
        "See the manifest with Restore-Pod -AsManifest.");
}

namespace KubeCheckpoint.Cluster.Restore.Patches;

/// <summary>Failures to patch a manifest.</summary>
internal static class PatchFailure
{
    /// <summary>A change of the manifest cannot be read.</summary>
    public static KubeCheckpointException PatchInvalid(string words, Exception? inner = null) => new(
        nameof(PatchInvalid), FailureCategory.InvalidArgument, null,
        $"The patch cannot be used: {words}.",
        "Give an object to be merged, such as @{ spec = @{ priorityClassName = 'high' } }, or a list of operations as in RFC 6902.", inner);

    /// <summary>An operation of a patch finds no place in the manifest.</summary>
    public static KubeCheckpointException PatchNotApplicable(string path, string words) => new(
        nameof(PatchNotApplicable), FailureCategory.InvalidArgument, path,
        $"The patch does not fit the manifest at '{path}': {words}.",
        "See the manifest with Restore-Pod -AsManifest.");
}

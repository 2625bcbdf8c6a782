namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>An archive that has been brought off its node.</summary>
/// <param name="Path">Its full local path.</param>
/// <param name="RemoveFailure">
/// RemoveSourceFailed where the archive was to be deleted on the node and could not be, else null. The copy is whole all the same.
/// </param>
public sealed record SavedArchive(string Path, KubeCheckpointException? RemoveFailure);

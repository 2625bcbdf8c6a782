namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>An archive in the checkpoint directory of a node.</summary>
/// <param name="Path">Its full path on the node.</param>
/// <param name="Size">Its current size in bytes.</param>
/// <param name="Age">The time since it was last written, by the node's clock, in whole seconds.</param>
internal sealed record NodeArchive(string Path, long Size, TimeSpan Age);

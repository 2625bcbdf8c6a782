namespace KubeCheckpoint.Archives.Requirements;

/// <summary>A file or folder in a volume that must exist unchanged for a process to be restored.</summary>
/// <param name="Path">Its path in the container.</param>
/// <param name="Mount">The mount of the volume.</param>
internal sealed record VolumeFile(string Path, NeededMount Mount);

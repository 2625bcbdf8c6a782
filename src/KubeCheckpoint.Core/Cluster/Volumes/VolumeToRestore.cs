namespace KubeCheckpoint.Cluster.Volumes;

/// <summary>A volume whose content is put back.</summary>
/// <param name="Volume">The saved volume.</param>
/// <param name="Cuts">Files that have grown since the checkpoint, with the size that CRIU expects.</param>
internal sealed record VolumeToRestore(CheckpointVolume Volume, IReadOnlyList<(string Name, long Size)> Cuts);

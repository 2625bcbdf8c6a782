namespace KubeCheckpoint.Archives.Requirements;

/// <summary>A volume as the container saw it.</summary>
/// <param name="MountPath">Where it is mounted.</param>
/// <param name="Source">What it comes from.</param>
/// <param name="Name">The volume's name in the pod (of a driver's volume the PersistentVolume's); of a HostPath its path on the node.</param>
public sealed record ArchiveVolume(string MountPath, VolumeSource Source, string Name);

namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>A folder of the node as a helper pod sees it. It must exist: nothing makes it.</summary>
/// <param name="VolumeName">The volume's name.</param>
/// <param name="HostPath">Where it is on the node.</param>
/// <param name="MountPath">Where the pod sees it.</param>
/// <param name="IsReadOnly">Whether the pod may not write to it.</param>
internal sealed record HelperFolder(string VolumeName, string HostPath, string MountPath, bool IsReadOnly);

namespace KubeCheckpoint;

/// <summary>A mount that a checkpointed container had.</summary>
/// <param name="MountPath">Where in the container.</param>
/// <param name="Origin">What was mounted there.</param>
/// <param name="VolumeName">The name of the pod's volume, where the kubelet's folder tells it, or null.</param>
/// <param name="NodePath">For a path of the node: that path; else null.</param>
public sealed record NeededMount(string MountPath, MountOrigin Origin, string? VolumeName = null, string? NodePath = null)
{
    /// <summary>The path.</summary>
    public override string ToString() => MountPath;
}

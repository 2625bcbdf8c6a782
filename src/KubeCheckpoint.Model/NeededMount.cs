namespace KubeCheckpoint;

/// <summary>A mount that a checkpointed container had.</summary>
/// <param name="MountPath">Its path in the container.</param>
/// <param name="Origin">What was mounted there.</param>
/// <param name="VolumeName">The name of the pod's volume, or null where the path of the kubelet's folder does not show it.</param>
/// <param name="NodePath">The path on the node for <see cref="MountOrigin.Node"/>; otherwise null.</param>
public sealed record NeededMount(string MountPath, MountOrigin Origin, string? VolumeName = null, string? NodePath = null)
{
    /// <summary>The path.</summary>
    public override string ToString() => TerminalText.Line(MountPath);
}

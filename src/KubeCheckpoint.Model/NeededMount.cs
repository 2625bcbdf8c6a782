namespace KubeCheckpoint;

/// <summary>A mount that a checkpointed container had.</summary>
/// <param name="MountPath">Where in the container.</param>
/// <param name="Origin">What was mounted there.</param>
public sealed record NeededMount(string MountPath, MountOrigin Origin)
{
    /// <summary>The path.</summary>
    public override string ToString() => MountPath;
}

namespace KubeCheckpoint.Sandbox;

/// <summary>
/// What an emulated program has written so far: it acknowledges one write every few milliseconds, except while its container is held. There is
/// one object for each start of the container.
/// </summary>
/// <param name="Namespace">The namespace of its pod.</param>
/// <param name="PodName">Its pod.</param>
/// <param name="ContainerName">Its container.</param>
/// <param name="NodeName">The node it runs on.</param>
/// <param name="ContainerId">The container's ID.</param>
public sealed record SandboxWriter(string Namespace, string PodName, string ContainerName, string NodeName, string ContainerId)
{
    /// <summary>The number of writes in the checkpoint it was restored from; zero if it was started from its image.</summary>
    public long RestoredWith { get; init; }

    /// <summary>The number of its last acknowledged write, which continues after <see cref="RestoredWith"/>.</summary>
    public long Acknowledged { get; init; }

    /// <summary>When it acknowledged its first write, null for none.</summary>
    public DateTimeOffset? FirstAt { get; init; }

    /// <summary>When it acknowledged its last write, null for none.</summary>
    public DateTimeOffset? LastAt { get; init; }

    /// <summary>Whether its cgroup, or that of its pod, is frozen.</summary>
    public bool IsHeld { get; init; }

    /// <summary>How it ended.</summary>
    public SandboxWriterEnd End { get; init; }

    /// <summary>Whether a liveness probe failed for so long that the kubelet killed it.</summary>
    public bool FailedLiveness { get; init; }

    /// <summary>Whether it ran on with SIGTERM pending: its handler saw what had been held.</summary>
    public bool RanTerminationHandler { get; init; }
}

namespace KubeCheckpoint;

/// <summary>What was measured when a test pod was checkpointed on a node and restored there.</summary>
public sealed record CheckpointProof
{
    /// <summary>From the request to the kubelet's response, or null where there was no checkpoint.</summary>
    public TimeSpan? CheckpointDuration { get; init; }

    /// <summary>How long the container was frozen, as CRIU measured it; the runtime keeps it paused for longer. Null where it is not known.</summary>
    public TimeSpan? FrozenTime { get; init; }

    /// <summary>The archive's size in bytes, or null.</summary>
    public long? ArchiveSize { get; init; }

    /// <summary>How long the download of the archive took, without the start of the helper pod, or null.</summary>
    public TimeSpan? SaveDuration { get; init; }

    /// <summary>The restore image, or null where there was none. It stays in the registry.</summary>
    public string? ImageReference { get; init; }

    /// <summary>The restore image's size in bytes, or null.</summary>
    public long? ImageSize { get; init; }

    /// <summary>How long it took to push the restore image, or null.</summary>
    public TimeSpan? PushDuration { get; init; }

    /// <summary>From the creation of the pod until it was Running and Ready, or null where there was no restore.</summary>
    public TimeSpan? RestoreDuration { get; init; }
}

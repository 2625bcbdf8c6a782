namespace KubeCheckpoint;

/// <summary>Whether an archive can be restored on a node.</summary>
public sealed record RestoreSupport
{
    /// <summary>The archive's full path.</summary>
    public required string ArchivePath { get; init; }

    /// <summary>The node.</summary>
    public required string NodeName { get; init; }

    /// <summary>The namespace of the pod that was checkpointed, or null for an archive of Podman's.</summary>
    public string? Namespace { get; init; }

    /// <summary>The name of the pod that was checkpointed, or null for an archive of Podman's.</summary>
    public string? PodName { get; init; }

    /// <summary>The container that was checkpointed.</summary>
    public required string ContainerName { get; init; }

    /// <summary>Who wrote the archive.</summary>
    public required CheckpointEngine Engine { get; init; }

    /// <summary>The node's runtime, which New-RestoreImage -TargetRuntime takes; null where it is another than the two that can restore.</summary>
    public CheckpointEngine? TargetRuntime { get; init; }

    /// <summary>The version of the node's runtime, or null.</summary>
    public string? RuntimeVersion { get; init; }

    /// <summary>True where nothing stands in the way, false where a check failed, null where what decides could not be found out.</summary>
    public bool? CanRestore { get; init; }

    /// <summary>The checks, in the order in which they were asked.</summary>
    public required IReadOnlyList<SupportCheck> Checks { get; init; }

    /// <summary>Archive and node.</summary>
    public override string ToString() => $"{ArchivePath} on {NodeName}";
}

namespace KubeCheckpoint;

/// <summary>Whether an archive can be restored on a node.</summary>
public sealed record RestoreSupport
{
    /// <summary>The archive's full path.</summary>
    public required string ArchivePath { get; init; }

    /// <summary>The node.</summary>
    public required string NodeName { get; init; }

    /// <summary>The namespace of the pod that was checkpointed, or null for an archive of Podman.</summary>
    public string? Namespace { get; init; }

    /// <summary>The name of the pod that was checkpointed, or null for an archive of Podman.</summary>
    public string? PodName { get; init; }

    /// <summary>The container that was checkpointed.</summary>
    public required string ContainerName { get; init; }

    /// <summary>The engine that wrote the archive.</summary>
    public required CheckpointEngine Engine { get; init; }

    /// <summary>The node's runtime, which New-RestoreImage -TargetRuntime takes; null where it is neither CRI-O nor containerd.</summary>
    public CheckpointEngine? TargetRuntime { get; init; }

    /// <summary>The version of the node's runtime, or null.</summary>
    public string? RuntimeVersion { get; init; }

    /// <summary>True where every check passed, false where one failed, null where a check that decides has no result.</summary>
    public bool? CanRestore { get; init; }

    /// <summary>The checks, in the order in which they ran.</summary>
    public required IReadOnlyList<SupportCheck> Checks { get; init; }

    /// <summary>Archive and node.</summary>
    public override string ToString() => TerminalText.Line($"{ArchivePath} on {NodeName}");
}

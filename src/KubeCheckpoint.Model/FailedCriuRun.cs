namespace KubeCheckpoint;

/// <summary>
/// A container that CRIU could not dump or restore, with CRIU's log as far as it could be read: the target object of the error.
/// <c>$Error[0].TargetObject | Get-CheckpointLog</c> shows the log.
/// </summary>
public sealed record FailedCriuRun
{
    /// <summary>The namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>The pod.</summary>
    public required string PodName { get; init; }

    /// <summary>The container.</summary>
    public required string ContainerName { get; init; }

    /// <summary>The node, or null if it is not known.</summary>
    public string? NodeName { get; init; }

    /// <summary>The path of the log on the node, or null if it is not known.</summary>
    public string? NodePath { get; init; }

    /// <summary>Why CRIU failed, or null if the cause is not known.</summary>
    public string? Cause { get; init; }

    /// <summary>What to do about it, or null if the cause is not known.</summary>
    public string? Remedy { get; init; }

    /// <summary>The error of CRIU that shows the cause, or null if there is none.</summary>
    public string? CriuMessage { get; init; }

    /// <summary>The process concerned, or null: by its number on the node after a dump, in the container after a restore.</summary>
    public int? ProcessId { get; init; }

    /// <summary>The name of the process, or null. The container chooses it.</summary>
    public string? ProcessName { get; init; }

    /// <summary>The descriptor concerned, or null.</summary>
    public int? Descriptor { get; init; }

    /// <summary>The path of the file or the address of the socket concerned, or null. The container chooses it.</summary>
    public string? Subject { get; init; }

    /// <summary>CRIU's log: as far as it could be read from the node, or what the runtime quotes of it; empty if there is neither.</summary>
    public IReadOnlyList<CheckpointDumpLogEntry> Log { get; init; } = [];

    /// <summary>Why the log could not be read from the node, or null.</summary>
    public string? LogReason { get; init; }

    /// <summary>The container, as <c>namespace/pod/container</c>.</summary>
    public override string ToString() => TerminalText.Line($"{Namespace}/{PodName}/{ContainerName}");
}

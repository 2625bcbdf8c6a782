namespace KubeCheckpoint;

/// <summary>A file of a node that Initialize-CheckpointNode has written, restored or removed.</summary>
public sealed record CheckpointNodeFile
{
    /// <summary>Its path on the node.</summary>
    public required string Path { get; init; }

    /// <summary>What was done to it.</summary>
    public required NodeFileAction Action { get; init; }

    /// <summary>The path of its backup on the node, or null if it did not exist before.</summary>
    public string? BackupPath { get; init; }

    /// <summary>The change as a unified diff, or null.</summary>
    public string? Diff { get; init; }

    /// <summary>Why it was left alone, or null.</summary>
    public string? Reason { get; init; }

    /// <summary>True if the runtime reads it only when it starts.</summary>
    public bool NeedsRestart { get; init; }

    /// <summary>What was done, and the path.</summary>
    public override string ToString() => TerminalText.Line($"{Action} {Path}");
}

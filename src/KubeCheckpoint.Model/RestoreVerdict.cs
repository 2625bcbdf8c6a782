namespace KubeCheckpoint;

/// <summary>Whether a runtime could restore a container from an image, as far as the image itself decides that.</summary>
public sealed record RestoreVerdict
{
    /// <summary>The runtime.</summary>
    public required CheckpointEngine Runtime { get; init; }

    /// <summary>True where nothing in the image keeps the runtime from restoring it. The node is not checked.</summary>
    public bool CanRestore => Reasons.Count == 0;

    /// <summary>What keeps the runtime from restoring it; empty where nothing does.</summary>
    public required IReadOnlyList<string> Reasons { get; init; }

    /// <summary>True or False, and why.</summary>
    public override string ToString() => TerminalText.Line(CanRestore ? "True" : $"False: {string.Join("; ", Reasons)}");
}

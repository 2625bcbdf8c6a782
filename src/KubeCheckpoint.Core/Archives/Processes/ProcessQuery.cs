namespace KubeCheckpoint.Archives.Processes;

/// <summary>What is asked about the processes of a checkpoint.</summary>
public sealed record ProcessQuery
{
    /// <summary>Which processes.</summary>
    public ProcessFilter Filter { get; init; } = static (_, _) => true;

    /// <summary>Whether the pages that hold the environment are read.</summary>
    public bool IncludeEnvironment { get; init; }

    /// <summary>Whether children come after their parents, with <see cref="CheckpointProcess.TreePrefix"/> drawn.</summary>
    public bool AsTree { get; init; }
}

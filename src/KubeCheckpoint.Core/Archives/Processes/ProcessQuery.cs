namespace KubeCheckpoint.Archives.Processes;

/// <summary>What to read about the processes of a checkpoint.</summary>
public sealed record ProcessQuery
{
    /// <summary>Selects the processes.</summary>
    public ProcessFilter Filter { get; init; } = static (_, _) => true;

    /// <summary>Whether the environment is read.</summary>
    public bool IncludeEnvironment { get; init; }

    /// <summary>Whether children follow their parents, with <see cref="CheckpointProcess.TreePrefix"/> drawn.</summary>
    public bool AsTree { get; init; }
}

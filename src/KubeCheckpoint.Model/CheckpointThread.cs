namespace KubeCheckpoint;

/// <summary>A thread of a process in a checkpoint.</summary>
/// <param name="Id">Its id, as the container counts it; that of the main thread is the process's.</param>
/// <param name="Name">Its name (comm), or null where the archive does not say.</param>
public sealed record CheckpointThread(int Id, string? Name)
{
    /// <summary>The id and the name.</summary>
    public override string ToString() => TerminalText.Line($"{Id} {Name}");
}

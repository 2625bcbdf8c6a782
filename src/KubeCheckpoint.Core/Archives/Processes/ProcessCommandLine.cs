namespace KubeCheckpoint.Archives.Processes;

/// <summary>The arguments of a process as its memory shows them.</summary>
/// <param name="Arguments">The arguments, or null where the archive holds none of them.</param>
/// <param name="IsOverwritten">Whether the process wrote over them.</param>
/// <param name="IsComplete">Whether they are all there.</param>
/// <param name="End">The address behind them.</param>
internal sealed record ProcessCommandLine(IReadOnlyList<string>? Arguments, bool IsOverwritten, bool IsComplete, ulong End)
{
    /// <summary>The arguments joined by spaces.</summary>
    public string? Text => Arguments is null ? null : string.Join(' ', Arguments);
}

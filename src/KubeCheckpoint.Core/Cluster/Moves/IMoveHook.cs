namespace KubeCheckpoint.Cluster.Moves;

/// <summary>What is run before or after a move, for example to make an application flush its data.</summary>
public interface IMoveHook
{
    /// <summary>What it runs, for the report.</summary>
    public string Target { get; }

    /// <summary>True if it can run while the user's Ctrl+C ends the move.</summary>
    public bool RunsWhenStopped { get; }

    /// <summary>Runs it.</summary>
    /// <param name="pod">The pod: the original before the move; after it the pod that stays.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <returns>Why it failed, or null.</returns>
    public Task<string?> RunAsync(Pod pod, CancellationToken cancellationToken);
}

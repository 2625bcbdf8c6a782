namespace KubeCheckpoint.Pipeline;

/// <summary>A cmdlet that reads the content of checkpoint archives: one piece of work for each archive.</summary>
public abstract class CheckpointContentCmdlet : ArchiveCmdlet
{
    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var file in Files())
            Start(file, cancellationToken => ReadAsync(file, cancellationToken));
    }

    /// <summary>Reads an archive and writes what it finds to <see cref="AsyncCmdlet.Output"/>. Runs off the pipeline thread.</summary>
    /// <param name="path">The archive's full path.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    private protected abstract Task ReadAsync(string path, CancellationToken cancellationToken);
}

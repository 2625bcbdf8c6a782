using System.Management.Automation;

namespace KubeCheckpoint.Pipeline;

/// <summary>A cmdlet that asks the content of checkpoint archives: one piece of work for each archive.</summary>
public abstract class CheckpointContentCmdlet : ArchiveCmdlet
{
    private protected const string InputSet = "InputObject";

    /// <summary>The archives: of Get-CheckpointArchive or Save-CheckpointArchive.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = InputSet)]
    public CheckpointArchive InputObject { get; set; } = null!;

    /// <summary>Archives, or folders of them; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = PathSet)]
    [SupportsWildcards]
    public string[] Path { get; set; } = null!;

    /// <summary>Archives, or folders of them, whose names are taken as they are.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = LiteralPathSet)]
    [Alias("PSPath", "FullName", "LP")]
    public string[] LiteralPath { get; set; } = null!;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var file in Files())
            Start(file, cancellationToken => ReadAsync(file, cancellationToken));
    }

    /// <summary>The archives the parameters name for the present object of the pipeline.</summary>
    private protected IEnumerable<string> Files() => ParameterSetName switch
    {
        InputSet => [InputObject.Path],
        LiteralPathSet => ResolvePaths(null, LiteralPath),
        _ => ResolvePaths(Path, null),
    };

    /// <summary>Reads an archive and writes what it finds to <see cref="AsyncCmdlet.Output"/>. Runs off the pipeline thread.</summary>
    /// <param name="path">The archive's full path.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    private protected abstract Task ReadAsync(string path, CancellationToken cancellationToken);
}

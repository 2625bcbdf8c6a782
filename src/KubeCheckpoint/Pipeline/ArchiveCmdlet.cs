using System.Management.Automation;
using KubeCheckpoint.Parameters;

namespace KubeCheckpoint.Pipeline;

/// <summary>A cmdlet that reads checkpoint archives, given as objects, paths or literal paths.</summary>
public abstract class ArchiveCmdlet : AsyncCmdlet, IArchiveParameters
{
    private protected const string InputSet = "InputObject";
    private protected const string PathSet = "Path";
    private protected const string LiteralPathSet = "LiteralPath";

    /// <inheritdoc/>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = InputSet)]
    public virtual CheckpointArchive? InputObject { get; set; }

    /// <inheritdoc/>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = PathSet)]
    [SupportsWildcards]
    [ArchivePathTransformation]
    public virtual string[]? Path { get; set; }

    /// <inheritdoc/>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = LiteralPathSet)]
    [Alias("PSPath", "FullName", "LP", "ArchivePath")]
    public virtual string[]? LiteralPath { get; set; }

    /// <summary>The files that the parameters name for the current object of the pipeline; what cannot be resolved is written as an error.</summary>
    private protected IEnumerable<string> Files() =>
        InputObject is null ? this.ResolveFiles(Path, LiteralPath, IsWanted) : [InputObject.Path];

    /// <summary>Whether a file that a wildcard or folder stands for is one to read.</summary>
    private protected virtual bool IsWanted(string file) => ArchivePaths.IsArchiveName(file);
}

using System.Management.Automation;
using KubeCheckpoint.Parameters;

namespace KubeCheckpoint.Pipeline;

/// <summary>A cmdlet that takes checkpoint archives as objects, paths or literal paths.</summary>
public abstract class ArchiveInputCmdlet : ArchiveCmdlet
{
    private protected const string InputSet = "InputObject";

    /// <summary>The archives: of Get-CheckpointArchive or Save-CheckpointArchive.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = InputSet)]
    public CheckpointArchive InputObject { get; set; } = null!;

    /// <summary>Archives, or folders of them; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = PathSet)]
    [SupportsWildcards]
    [ArchivePathTransformation]
    public string[] Path { get; set; } = null!;

    /// <summary>Archives, or folders of them, whose names are taken as they are.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = LiteralPathSet)]
    [Alias("PSPath", "FullName", "LP", "ArchivePath")]
    public string[] LiteralPath { get; set; } = null!;

    /// <summary>The archives the parameters name for the present object of the pipeline.</summary>
    private protected IEnumerable<string> Files() => ParameterSetName switch
    {
        InputSet => [InputObject.Path],
        LiteralPathSet => ResolvePaths(null, LiteralPath),
        _ => ResolvePaths(Path, null),
    };
}

using System.Management.Automation;
using KubeCheckpoint.Archives.Comparison;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Compares checkpoint archives with another one: processes, files, sockets, mounts, and memory page by page.</summary>
/// <remarks>
/// <para>Each difference is an object that says what it is (Kind), how it differs (Change: Added, Changed or Removed), and what was there
/// before and after. Processes are the same where they are the first of their container, have one id and one name, program or command
/// line, or, in another container, one name and command line. Their maps are the same where they show the same thing at overlapping
/// addresses; in another run of the program, where they show the same thing at the same offset.</para>
/// <para>Differences of Memory count the pages of a map that were added, changed and are gone, and say in Memory.Ranges where they are.
/// Only pages that both archives hold are read. Values of environment variables and command lines are shown: they may hold secrets.</para>
/// </remarks>
/// <example>
/// <code>Compare-CheckpointArchive ./before.tar ./after.tar</code>
/// <para>Shows what has happened in a container between two checkpoints.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointArchive ./cp/web-*.tar | Compare-CheckpointArchive ./cp/golden.tar -Kind Process, OpenFile, Socket | Where-Object Change -EQ Added</code>
/// <para>Shows what other containers have more than one that is known to be good.</para>
/// </example>
/// <example>
/// <code>(Compare-CheckpointArchive ./before.tar ./after.tar -Kind Memory -Id 1).Memory.Ranges</code>
/// <para>Lists the address ranges of the first process that changed.</para>
/// </example>
[Cmdlet(VerbsData.Compare, "CheckpointArchive", DefaultParameterSetName = PathSet)]
[OutputType(typeof(CheckpointDifference))]
public sealed class CompareCheckpointArchiveCommand : ArchiveCmdlet
{
    private const string InputSet = "InputObject";

    private string? _reference;

    /// <summary>The archive to compare with: the state before.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string ReferencePath { get; set; } = null!;

    /// <summary>The archives to compare: of Get-CheckpointArchive or Save-CheckpointArchive.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = InputSet)]
    public CheckpointArchive InputObject { get; set; } = null!;

    /// <summary>The archives to compare, or folders of them; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = PathSet)]
    [Alias("DifferencePath")]
    [SupportsWildcards]
    [ArchivePathTransformation]
    public string[] Path { get; set; } = null!;

    /// <summary>The archives to compare, or folders of them, whose names are taken as they are.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = LiteralPathSet)]
    [Alias("PSPath", "FullName", "LP", "ArchivePath")]
    public string[] LiteralPath { get; set; } = null!;

    /// <summary>Which kinds of differences are looked for. Without it: all.</summary>
    [Parameter]
    public CheckpointDifferenceKind[]? Kind { get; set; }

    /// <summary>Only the processes of these ids, as each container counts them.</summary>
    [Parameter]
    [Alias("ProcessId", "Pid")]
    public int[]? Id { get; set; }

    /// <summary>Only the processes of these names (comm, at most 15 characters); wildcards are allowed.</summary>
    [Parameter]
    [Alias("ProcessName")]
    [SupportsWildcards]
    public string[]? Name { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        var references = ResolvePaths(null, [ReferencePath]).ToList();
        if (references.Count == 1)
            _reference = references[0];
        else
            ThrowTerminatingError(ParameterFailure.ReferenceNotOneArchive(ReferencePath, references.Count).ToErrorRecord(ReferencePath));
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var files = ParameterSetName switch
        {
            InputSet => [InputObject.Path],
            LiteralPathSet => ResolvePaths(null, LiteralPath),
            _ => ResolvePaths(Path, null),
        };
        foreach (var file in files)
        {
            var request = new ComparisonRequest(_reference!, file) { Filter = ProcessFilters.From(Id, Name) };
            request = Kind is null ? request : request with { Kinds = Kind };
            Start(file, cancellationToken => WriteDifferencesAsync(request, cancellationToken));
        }
    }

    private async Task WriteDifferencesAsync(ComparisonRequest request, CancellationToken cancellationToken)
    {
        foreach (var difference in ArchiveComparer.Compare(request, cancellationToken))
            await Output.WriteObjectAsync(difference);
    }
}

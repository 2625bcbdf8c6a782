using System.Management.Automation;
using KubeCheckpoint.Archives.Comparison;
using KubeCheckpoint.Completion;
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
public sealed class CompareCheckpointArchiveCommand : ArchiveCmdlet, IProcessParameters
{
    private string? _reference;

    /// <summary>The archive to compare with: the state before.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string ReferencePath { get; set; } = null!;

    /// <summary>Paths of the archives to compare, or of folders of them; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = PathSet)]
    [Alias("DifferencePath")]
    [SupportsWildcards]
    [ArchivePathTransformation]
    public override string[]? Path { get; set; }

    /// <summary>Only these kinds of differences. Default: all.</summary>
    [Parameter]
    public CheckpointDifferenceKind[]? Kind { get; set; }

    /// <inheritdoc/>
    [Parameter]
    [Alias("ProcessId", "Pid")]
    [ArgumentCompleter(typeof(ProcessIdCompleter))]
    public int[]? Id { get; set; }

    /// <inheritdoc/>
    [Parameter]
    [Alias("ProcessName")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ProcessNameCompleter))]
    public string[]? Name { get; set; }

    private protected override void Begin()
    {
        var references = this.ResolveFiles(null, [ReferencePath]).ToList();
        _reference = references.Count == 1 ? references[0] : throw ParameterFailure.ReferenceNotOneArchive(ReferencePath, references.Count);
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var file in Files())
        {
            var request = new ComparisonRequest(_reference!, file) { Filter = this.ToFilter() };
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

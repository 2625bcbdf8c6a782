using System.Management.Automation;
using KubeCheckpoint.Archives.Comparison;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Compares checkpoint archives: processes, files, sockets, mounts and memory.</summary>
/// <remarks>
/// <para>Compares one archive, the reference, with one or more others. Each difference is an object: Kind says what differs, Change says
/// how (Added, Changed or Removed), and Before and After hold the values.</para>
/// <para>Processes are matched by ID together with name, program or command line; between different containers, by name and command line.
/// The first process of each container is always matched. Memory maps are matched when they map the same thing at overlapping addresses,
/// or, in another run of the program, at the same offset.</para>
/// <para>A Memory difference counts the pages of a map that were added, changed or removed; Memory.Ranges lists their addresses. Only pages
/// that both archives hold are compared.</para>
/// <note>The output contains command lines and environment variables, which may hold secrets.</note>
/// </remarks>
/// <example>
/// <code>Compare-CheckpointArchive ./before.tar ./after.tar</code>
/// <para>Shows what changed in a container between two checkpoints.</para>
/// </example>
/// <example>
/// <code>
/// Get-CheckpointArchive ./cp/web-*.tar | Compare-CheckpointArchive ./cp/golden.tar -Kind Process, OpenFile, Socket |
///     Where-Object Change -EQ Added
/// </code>
/// <para>Shows the processes, files and sockets that a known good container does not have.</para>
/// </example>
/// <example>
/// <code>(Compare-CheckpointArchive ./before.tar ./after.tar -Kind Memory -Id 1).Memory.Ranges</code>
/// <para>Lists the address ranges of the first process that changed.</para>
/// </example>
[Cmdlet(VerbsData.Compare, "CheckpointArchive", DefaultParameterSetName = PathSet, HelpUri = HelpPages.Root + "Compare-CheckpointArchive.md")]
[OutputType(typeof(CheckpointDifference))]
public sealed class CompareCheckpointArchiveCommand : ArchiveCmdlet, IProcessParameters
{
    private string? _reference;

    /// <summary>The archive to compare with, which holds the state before.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string ReferencePath { get; set; } = null!;

    /// <summary>The archives to compare, checkpoint folders, or folders of archives. Wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = PathSet)]
    [Alias("DifferencePath")]
    [SupportsWildcards]
    [ArchivePathTransformation]
    public override string[]? Path { get; set; }

    /// <summary>The kinds of differences to look for. Default: all kinds.</summary>
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

using System.Management.Automation;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.Expansion;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Writes the members of checkpoint archives into a folder: all, or those whose names match.</summary>
/// <remarks>
/// <para>Reads plain, gzip and zstd archives of any size once, from front to end. Files get mode 0600 and folders 0700, whatever the
/// archive says, and the time of the archive; a file appears under its name when it is whole.</para>
/// <para>An archive can come out of a compromised container: no link and no device is made, nothing is written outside of the
/// destination or through a link that lies in it, and names Windows has no file for are refused there. Each such member is an error
/// record of its own; the others are written.</para>
/// <para>The members are written as they stand. rootfs-diff.tar stays a tar: Get-CheckpointFileChange lists what is in it, and
/// 'tar -x' unpacks it.</para>
/// </remarks>
/// <example>
/// <code>Expand-CheckpointArchive ./cp/web.tar -Destination ./web</code>
/// <para>Writes everything into ./web, where crit and other tools of CRIU can read it.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointArchive ./cp | Expand-CheckpointArchive -Destination { "./logs/$($_.PodName)" } -Member *.log, *LogPath</code>
/// <para>Writes the logs of all archives of a folder, each archive's into a folder of its own.</para>
/// </example>
/// <example>
/// <code>Expand-CheckpointArchive ./cp/web.tar -Member spec.dump | ForEach-Object { Get-Content $_.Path | ConvertFrom-Json }</code>
/// <para>Reads the OCI runtime spec of the container.</para>
/// </example>
[Cmdlet(VerbsData.Expand, "CheckpointArchive", DefaultParameterSetName = PathSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(ExpandedFile))]
public sealed class ExpandCheckpointArchiveCommand : ArchiveCmdlet
{
    private readonly Dictionary<string, string> _archives = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// The folder to write into; it is made when it is not there. Without it: a folder in the current one, named after the archive.
    /// Several archives need a folder each: a script block makes one of each object of the pipeline.
    /// </summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? Destination { get; set; }

    /// <summary>The members to write, such as dump.log or checkpoint/core-*; wildcards are allowed and * also stands for slashes. Without it: all.</summary>
    [Parameter(Position = 2)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(MemberNameCompleter))]
    public string[]? Member { get; set; }

    /// <summary>Replaces files that exist.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var file in Files())
        {
            var folder = FullPath(Destination ?? ArchivePaths.NameWithoutEnding(file));
            if (!_archives.TryAdd(folder, file))
                WriteError(ParameterFailure.DestinationSharedByArchives(folder, _archives[folder], file).ToErrorRecord(file));
            else if (ShouldProcess($"{(Member is null ? "all members" : string.Join(", ", Member))} of '{file}' into '{folder}'", "Expand"))
                Start(file, cancellationToken => ExpandAsync(file, folder, cancellationToken));
        }
    }

    private async Task ExpandAsync(string file, string folder, CancellationToken cancellationToken)
    {
        using var progress = Output.OpenProgress();
        var members = new MemberPatterns(Member);
        var request = new ExpansionRequest { ArchivePath = file, Destination = folder, IsWanted = members.IsMatch, Overwrite = Force };
        foreach (var result in ArchiveExpansion.Expand(request, progress, cancellationToken))
        {
            await (result.File is { } written
                ? Output.WriteObjectAsync(written)
                : Output.WriteErrorAsync(result.Failure!.ToErrorRecord(file)));
        }
        foreach (var missing in members.Missing)
            await Output.WriteErrorAsync(ArchiveFailure.MemberNotFound(file, missing).ToErrorRecord(file));
    }
}

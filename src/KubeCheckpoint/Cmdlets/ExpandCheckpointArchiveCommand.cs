using System.Management.Automation;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.Expansion;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Extracts files from checkpoint archives.</summary>
/// <remarks>
/// <para>Reads plain, gzip and zstd archives of any size in one pass. Extracted files have mode 0600, folders 0700, and the times recorded
/// in the archive. A file gets its name when it is complete.</para>
/// <para>An archive may come from a compromised container. The cmdlet therefore creates no links and no devices, writes nothing outside the
/// destination or through links inside it, and on Windows refuses names that Windows reserves. Each refused member is a separate error; the
/// other members are extracted.</para>
/// <para>Members are written unchanged. rootfs-diff.tar, which holds the changed files of the container, stays a tar file: list it with
/// Get-CheckpointFileChange, or unpack it with 'tar -x'.</para>
/// </remarks>
/// <example>
/// <code>Expand-CheckpointArchive ./cp/web.tar -Destination ./web</code>
/// <para>Extracts everything into ./web, where crit and other CRIU tools can read it.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointArchive ./cp | Expand-CheckpointArchive -Destination { "./logs/$($_.PodName)" } -Member *.log, *LogPath</code>
/// <para>Extracts the logs of all archives in a folder, each into a folder named after its pod.</para>
/// </example>
/// <example>
/// <code>Expand-CheckpointArchive ./cp/web.tar -Member spec.dump | ForEach-Object { Get-Content $_.Path | ConvertFrom-Json }</code>
/// <para>Reads the OCI runtime specification of the container.</para>
/// </example>
[Cmdlet(VerbsData.Expand, "CheckpointArchive", DefaultParameterSetName = PathSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low,
    HelpUri = HelpPages.Root + "Expand-CheckpointArchive.md")]
[OutputType(typeof(ExpandedFile))]
public sealed class ExpandCheckpointArchiveCommand : ArchiveCmdlet
{
    private readonly Dictionary<string, string> _archives = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// The folder to extract to. It is created if it does not exist. Each of several archives needs its own folder: use a script block to
    /// make a name from each object. Default: a folder in the current location, named after the archive.
    /// </summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? Destination { get; set; }

    /// <summary>
    /// The members to extract, such as dump.log or checkpoint/core-*. Wildcards are allowed, and * also matches slashes. Default: all
    /// members.
    /// </summary>
    [Parameter(Position = 2)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(MemberNameCompleter))]
    public string[]? Member { get; set; }

    /// <summary>Overwrites existing files.</summary>
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

using System.Management.Automation;
using KubeCheckpoint.Archives.Summaries;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Gets a summary of checkpoint archives: pod, container, image, times and sizes.</summary>
/// <remarks>
/// <para>Reads archives of CRI-O, containerd and Podman; plain, gzip or zstd. From a plain tar only headers and small members are read,
/// whatever its size. A compressed archive is read once.</para>
/// <para>A checkpoint folder is read like an archive: an expanded archive, or CRIU images as 'criu dump', Docker, LXC and CRaC write them.
/// For CRIU images alone, pod, container and image are empty, since only container engines record them.</para>
/// </remarks>
/// <example>
/// <code>Get-CheckpointArchive ./cp</code>
/// <para>Gets the archives in a folder.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointArchive ./cp/*.tar | Where-Object MemorySize -GT 1GB | Sort-Object CheckpointedAt</code>
/// <para>Gets the archives with more than 1 GB of memory, oldest first.</para>
/// </example>
/// <seealso cref="GetCheckpointProcessCommand"/>
/// <seealso cref="NewRestoreImageCommand"/>
[Cmdlet(VerbsCommon.Get, "CheckpointArchive", DefaultParameterSetName = PathSet, HelpUri = HelpPages.Root + "Get-CheckpointArchive.md")]
[OutputType(typeof(CheckpointArchive))]
public sealed class GetCheckpointArchiveCommand : AsyncCmdlet
{
    private const string PathSet = "Path";
    private const string LiteralPathSet = "LiteralPath";

    /// <summary>
    /// Archives, checkpoint folders, or folders of archives. Wildcards are allowed. Default: the current location.
    /// </summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = PathSet)]
    [SupportsWildcards]
    [ArchivePathTransformation]
    public string[] Path { get; set; } = ["."];

    /// <inheritdoc cref="IArchiveParameters.LiteralPath"/>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = LiteralPathSet)]
    [Alias("PSPath", "FullName", "LP", "ArchivePath")]
    public string[]? LiteralPath { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var file in this.ResolveFiles(LiteralPath is null ? Path : null, LiteralPath))
            Start(file, cancellationToken => WriteArchiveAsync(file, cancellationToken));
    }

    private async Task WriteArchiveAsync(string file, CancellationToken cancellationToken) =>
        await Output.WriteObjectAsync(await CheckpointArchiveReader.ReadAsync(file, cancellationToken));
}

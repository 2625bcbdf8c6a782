using System.Management.Automation;
using KubeCheckpoint.Archives.FileChanges;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Gets the files that a container changed, from checkpoint archives.</summary>
/// <remarks>
/// <para>Lists the files in the archive that differ from the container's image, with type, mode, owner, time, link target and extended
/// attributes. Nothing is extracted.</para>
/// <para>Change says what happened. Deleted: the archive names the file as deleted. Added: a folder that the image did not have (CRI-O and
/// Podman), and everything in it. Replaced: a folder whose earlier content is gone. Written: any other file; the archive does not say
/// whether it is new or modified. containerd also lists the folders that contain a change.</para>
/// <para>CRI-O and Podman do not record changes to the owner or mode of a folder, nor changes inside volumes. Known versions also omit a
/// changed file of the image unless the node itself has a file at the same path.</para>
/// </remarks>
/// <example>
/// <code>Get-CheckpointFileChange ./cp/web.tar</code>
/// <para>Gets all changed files.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointArchive ./cp | Get-CheckpointFileChange -FilePath /etc/*, /usr/*, authorized_keys</code>
/// <para>Gets changes below /etc and /usr, and files named authorized_keys anywhere, from all archives in a folder.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointFileChange ./cp/web.tar | Where-Object { $_.Mode -band 0x800 }</code>
/// <para>Gets the setuid files.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointFileChange ./cp/web.tar | Where-Object Capability | Format-Table Path, Capability</code>
/// <para>Gets the files that give capabilities to whoever runs them.</para>
/// </example>
/// <seealso cref="ExpandCheckpointArchiveCommand"/>
/// <seealso cref="GetCheckpointOpenFileCommand"/>
[Cmdlet(VerbsCommon.Get, "CheckpointFileChange", DefaultParameterSetName = PathSet, HelpUri = HelpPages.Root + "Get-CheckpointFileChange.md")]
[OutputType(typeof(CheckpointFileChange))]
public sealed class GetCheckpointFileChangeCommand : CheckpointContentCmdlet
{
    private FilePathPatterns _patterns = null!;

    /// <summary>
    /// The files to list. Wildcards are allowed, and * also matches slashes. A pattern with a slash, such as /etc/*, matches the whole
    /// path; one without, such as *.so, matches the file name. Default: all files.
    /// </summary>
    [Parameter(Position = 1)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FilePathCompleter))]
    public string[]? FilePath { get; set; }

    private protected override void Begin() => _patterns = new FilePathPatterns(FilePath);

    private protected override async Task ReadAsync(string path, CancellationToken cancellationToken)
    {
        foreach (var change in FileChangeReader.Read(path, cancellationToken))
        {
            if (_patterns.IsMatch(change.Path))
                await Output.WriteObjectAsync(change);
        }
    }
}

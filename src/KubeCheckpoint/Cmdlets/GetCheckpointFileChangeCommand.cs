using System.Management.Automation;
using KubeCheckpoint.Archives.FileChanges;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Gets the files of a container that are not as its image had them, from checkpoint archives.</summary>
/// <remarks>
/// <para>Reads rootfs-diff.tar and deleted.files, with type, mode, owner, time and link target of each file. Nothing is unpacked.</para>
/// <para>An archive has files as they are now. Change is Deleted where the archive names what is gone, Added for the folders of CRI-O
/// and Podman, which keep none that the image had, and for all that is in them, Replaced for a folder whose earlier content is gone
/// altogether, and Written for the rest: made or changed, which the archive does not say. containerd also lists the folders around a
/// change.</para>
/// <para>What is not in the archive cannot be listed: CRI-O and Podman leave out changes of a folder's owner and mode, changes inside of
/// volumes, and, up to the versions known here, a changed file of the image unless the node itself has a file of that path.</para>
/// </remarks>
/// <example>
/// <code>Get-CheckpointFileChange ./cp/web.tar</code>
/// <para>Gets all changes.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointArchive ./cp | Get-CheckpointFileChange -FilePath /etc/*, /usr/*, authorized_keys</code>
/// <para>Gets, from all archives of a folder, what was changed below /etc and /usr, and files called authorized_keys anywhere.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointFileChange ./cp/web.tar | Where-Object { $_.Mode -band 0x800 }</code>
/// <para>Gets what is setuid.</para>
/// </example>
[Cmdlet(VerbsCommon.Get, "CheckpointFileChange", DefaultParameterSetName = PathSet)]
[OutputType(typeof(CheckpointFileChange))]
public sealed class GetCheckpointFileChangeCommand : CheckpointContentCmdlet
{
    private FilePathPatterns _patterns = null!;

    /// <summary>
    /// Only these files of the container; wildcards are allowed and * also stands for slashes. With a slash, such as /etc/*, it is held
    /// against the path; without one, such as *.so, against the last name of the path.
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

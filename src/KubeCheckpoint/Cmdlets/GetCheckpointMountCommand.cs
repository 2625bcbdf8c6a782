using System.Management.Automation;
using KubeCheckpoint.Archives.Mounts;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Gets the mounts of checkpointed containers.</summary>
/// <remarks>
/// <para>Lists the mounts of every mount namespace in the archive, in the order of /proc/PID/mountinfo. HostPath is the source of a bind
/// mount on the node, such as a Kubernetes volume, Secret or service account token.</para>
/// <para>The content of external mounts is not in the archive.</para>
/// </remarks>
/// <example>
/// <code>Get-CheckpointMount ./cp/web.tar</code>
/// <para>Gets all mounts of the container.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointMount ./cp/*.tar -MountPoint /var/run/secrets/* | Format-Table ArchivePath, MountPoint, HostPath</code>
/// <para>Finds the containers that had Secrets mounted, and where these came from.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointArchive ./cp | Get-CheckpointMount | Where-Object { $_.HostPath -and -not $_.IsReadOnly }</code>
/// <para>Gets the paths on nodes that containers could write to.</para>
/// </example>
/// <seealso cref="GetCheckpointOpenFileCommand"/>
/// <seealso cref="GetCheckpointFileChangeCommand"/>
[Cmdlet(VerbsCommon.Get, "CheckpointMount", DefaultParameterSetName = PathSet, HelpUri = HelpPages.Root + "Get-CheckpointMount.md")]
[OutputType(typeof(CheckpointMount))]
public sealed class GetCheckpointMountCommand : CheckpointContentCmdlet
{
    /// <summary>
    /// The mounts to list, by their path in the container. Wildcards are allowed, and * also matches slashes. Default: all mounts.
    /// </summary>
    [Parameter]
    [Alias("Destination")]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(MountPointCompleter))]
    public string[]? MountPoint { get; set; }

    private protected override async Task ReadAsync(string path, CancellationToken cancellationToken)
    {
        var mountPoints = new WildcardNames(MountPoint, WildcardOptions.None);
        foreach (var mount in MountReader.Read(path, cancellationToken))
        {
            if (mountPoints.IsMatch(mount.MountPoint))
                await Output.WriteObjectAsync(mount);
        }
    }
}

using System.Management.Automation;
using KubeCheckpoint.Archives.Mounts;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Gets the mounts of checkpointed containers, and where on the node bind mounts come from.</summary>
/// <remarks>
/// <para>Lists the mounts of every mount namespace in the archive, in the order of /proc/PID/mountinfo and with its options. HostPath
/// is what the runtime was told to mount there, such as the path of a Kubernetes volume, secret or service account token.</para>
/// <para>What an external mount holds is not in the archive.</para>
/// </remarks>
/// <example>
/// <code>Get-CheckpointMount ./cp/web.tar</code>
/// <para>Gets all mounts of the container.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointMount ./cp/*.tar -MountPoint /var/run/secrets/* | Format-Table ArchivePath, MountPoint, HostPath</code>
/// <para>Finds which containers had secrets mounted, and from where.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointArchive ./cp | Get-CheckpointMount | Where-Object { $_.HostPath -and -not $_.IsReadOnly }</code>
/// <para>Gets the paths of nodes that containers could write to.</para>
/// </example>
[Cmdlet(VerbsCommon.Get, "CheckpointMount", DefaultParameterSetName = PathSet)]
[OutputType(typeof(CheckpointMount))]
public sealed class GetCheckpointMountCommand : CheckpointContentCmdlet
{
    /// <summary>Only mounts at these paths of the container; wildcards are allowed and * also stands for slashes.</summary>
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

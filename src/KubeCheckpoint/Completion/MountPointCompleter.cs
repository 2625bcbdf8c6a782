using KubeCheckpoint.Archives.Mounts;

namespace KubeCheckpoint.Completion;

/// <summary>Completes the mount points of the archive.</summary>
public sealed class MountPointCompleter : ArchiveCompleter
{
    private protected override IEnumerable<string> List(string path, CancellationToken cancellationToken) =>
        MountReader.Read(path, cancellationToken).Select(mount => mount.MountPoint).Distinct();
}

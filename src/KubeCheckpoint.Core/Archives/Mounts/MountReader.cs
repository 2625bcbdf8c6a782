using System.Globalization;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Criu.Messages;
using KubeCheckpoint.Criu.Mounts;

namespace KubeCheckpoint.Archives.Mounts;

/// <summary>Reads the mounts of a checkpointed container.</summary>
public static class MountReader
{
    // The kernel's internal format of a device number (Linux, include/linux/kdev_t.h).
    private const int MinorBits = 20;

    /// <summary>
    /// The mounts of all mount namespaces that processes of the checkpoint are in, each in the order of <c>/proc/PID/mountinfo</c>.
    /// </summary>
    /// <param name="path">The archive.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="KubeCheckpointException">
    /// Whatever opening the archive throws; CriuImageDamaged, ArchiveMemberMissing, ArchiveMemberTooLarge, ArchiveMemberInvalid.
    /// </exception>
    public static IEnumerable<CheckpointMount> Read(string path, CancellationToken cancellationToken)
    {
        using var content = CheckpointContent.Open(Path.GetFullPath(path), cancellationToken);
        foreach (var mount in Read(new CheckpointImages(content), cancellationToken))
            yield return mount;
    }

    internal static IEnumerable<CheckpointMount> Read(CheckpointImages images, CancellationToken cancellationToken)
    {
        var spec = new SpecMounts(images.Content);
        var log = new LoggedFileSystems(images.Content);
        foreach (var namespaceId in NamespacesOf(images))
        {
            // CRIU writes the list in reverse.
            foreach (var mount in images.Mounts(namespaceId).Reverse())
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return ToMount(mount, namespaceId, images.Content.Path, spec, log);
            }
        }
    }

    private static IEnumerable<uint> NamespacesOf(CheckpointImages images) =>
        images.Tasks.Select(task => images.Ids(task.Pid)).Where(ids => ids is { HasMntNsId: true }).Select(ids => ids!.MntNsId).Distinct();

    private static CheckpointMount ToMount(MntEntry mount, uint namespaceId, string archivePath, SpecMounts spec, LoggedFileSystems log)
    {
        // Images without sb_flags have both kinds of flags in one field.
        var fileSystemFlags = mount.HasSbFlags ? mount.SbFlags : mount.Flags;
        return new CheckpointMount
        {
            ArchivePath = archivePath,
            MountId = mount.MntId,
            ParentId = mount.ParentMntId,
            MountPoint = mount.Mountpoint,
            Type = FileSystemNames.Of(mount.Fstype, mount.Fsname) ?? log.Of(mount.MntId, mount.RootDev),
            Source = mount.Source,
            Root = mount.Root,
            Options = MountFlags.NamesOf(mount.Flags),
            FileSystemOptions = MountFlags.NamesOf(fileSystemFlags, mount.Options),
            Propagation = MountFlags.PropagationOf(mount.Flags, mount.SharedId, mount.MasterId),
            SharedId = mount.SharedId == 0 ? null : mount.SharedId,
            MasterId = mount.MasterId == 0 ? null : mount.MasterId,
            ExternalKey = mount.ExtKey.Length == 0 ? null : mount.ExtKey,
            IsExternal = mount.ExtMount || mount.ExtKey.Length > 0,
            IsReadOnly = ((mount.Flags | fileSystemFlags) & MountFlags.ReadOnly) != 0,
            Deleted = mount.Deleted,
            HostPath = spec.HostPathOf(mount.Mountpoint),
            Device = string.Create(CultureInfo.InvariantCulture, $"{mount.RootDev >> MinorBits}:{mount.RootDev & ((1 << MinorBits) - 1)}"),
            MountNamespace = namespaceId,
        };
    }
}

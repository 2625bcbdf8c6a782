using static KubeCheckpoint.Criu.Logs.CriuAdvice;

namespace KubeCheckpoint.Criu.Logs;

/// <summary>Messages about mounts and file systems.</summary>
internal static class MountDiagnoses
{
    private const string Propagation =
        "A mount in the container receives the mounts of the node (mountPropagation HostToContainer or Bidirectional), " +
        "and their source is outside of the container.";

    private const string UseVolume = "Mount it as a volume of the pod; before the checkpoint, unmount anything that was mounted from within the container.";

    private const string CannotMount =
        "A mount of the container cannot be made here: " +
        "its mount point does not exist, its file system is missing, or CRIU is not allowed to mount it.";

    private const string Hidden = "A file system of the container is hidden under another mount.";

    private const string Autofs = "The container has an automount point (autofs) whose daemon is outside of the container or busy.";

    public static CriuDiagnosis[] Known { get; } =
    [
        new("criu/mount.c", ["has unreachable sharing"], Propagation,
            "Mount the volume that the message names without mountPropagation, and unmount on the node what is mounted below its source. If that is " +
            $"not enough, put 'enable-external-masters' {Conf}."),
        new("criu/mount-v2.c", ["Sharing group * parent collision", "External slavery sharing group *"], Propagation,
            "Mount the volumes without mountPropagation."),
        new("criu/mount.c", ["doesn't have a proper root mount"],
            "The container has a mount from outside that the runtime did not report to CRIU.", UseVolume),
        new("criu/mount.c", ["FS mnt * unsupported id"],
            "The container has a mount with a file system type that CRIU does not support.", UseVolume),
        new("criu/filesystems.c", ["failed to dump fs * always fail"],
            "A file system that CRIU cannot dump (such as FUSE) is mounted from within the container.",
            "Unmount it before the checkpoint, or mount it as a volume of the pod."),
        new("criu/filesystems.c", ["is a fuse mount but not external", "wrong number of items scanned in fusectl dump"],
            "A FUSE file system is mounted from within the container.",
            "Unmount it before the checkpoint, or mount it as a volume of the pod."),
        new("criu/filesystems.c", ["Second binfmt_misc superblock", "binfmt_misc: *"],
            "The container has binfmt_misc mounted with entries that CRIU cannot dump or restore.",
            "Unmount /proc/sys/fs/binfmt_misc in the container before the checkpoint."),
        new("criu/filesystems.c", ["* isn't empty"],
            "A special file system that is mounted from within the container has entries, which CRIU cannot dump.", UseVolume),
        new("criu/filesystems.c", ["invalid btrfs options, no subvol argument"],
            "A btrfs file system is mounted in the container in a way that CRIU does not understand.", UseVolume),
        new("criu/autofs.c",
            [
                "Autofs * is alive, but unreachable", "Abandoned mount or control was delegated to child?", "autofs pipe fd * is not empty",
                "Failed to find read pipe fd *", "doesn't have a read end of the pipe with inode *", "Failed to find pipe_ino option",
                "failed to access autofs *", "Non-catatonic mount without master?",
            ],
            Autofs,
            "Mount the directories behind it as volumes of the pod instead of the automount point itself."),
        new("criu/mount.c", ["has two children with same mountpoint"],
            "Two mounts have the same mount point in the container, so CRIU cannot tell them apart.", UseVolume),
        new("criu/mount.c",
            [
                "No parent found for mountpoint *", "No root found for tree", "Unable to find suitable mount point for s_dev *",
                "Failed to get root path for mount *",
            ],
            "CRIU cannot find a mount point of the container, for example because something is mounted over it.", UseVolume),
        new("criu/mount.c", ["The file system * is inaccessible"], Hidden, "Nothing, if no error follows.", CriuMessageKind.Harmless),
        new("criu/fsnotify.c", ["Can't open mount for s_dev *"], Hidden, "Nothing, if no error follows.", CriuMessageKind.Harmless),
        new("criu/mount.c", ["is autodetected external mount"],
            "The checkpoint has a mount from outside, and the runtime did not tell CRIU what to mount there.",
            "Restore with the mounts that the container had."),
        new("criu/filesystems.c", ["Can't dump tmpfs content"],
            "The content of a tmpfs of the container, /dev/shm for example, could not be archived with tar.",
            "Install GNU tar on the node, where CRIU finds it, and see tar's output before this line."),
        new("criu/filesystems.c", ["Can't restore tmpfs content"],
            "The content of a tmpfs of the container could not be unpacked with tar.",
            "Install GNU tar on the node, where CRIU finds it, and give the tmpfs the size that it had."),
        new("criu/sysfs_parse.c", ["No aufs branches to search for *", "Cannot find sbinfo in option string *", "Too many branches *"],
            "The container's files are on aufs, which CRIU cannot read here.",
            "Use overlayfs on the node."),

        // Restore.
        new("criu/mount.c", ["No mapping for * mountpoint", "Can't restore ext mount (*"],
            "The container had a mount that the new container lacks.", SameManifest),
        new("criu/mount.c",
            [
                "mnt*: Unable to mount *", "Can't mount at *", "Can't bind-mount *", "Unable to bind-mount * to *", "Unable to apply mount flags *",
                "Unable to apply bind-mount options", "Can't re-mount at *", "Failed to restore * mount flags *",
                "Unable to apply root mount options",
            ],
            CannotMount, SameManifest),
        new("criu/mount-v2.c",
            [
                "Can't stat mountpoint *", "Unable to mkdir mountpoint *", "Unable to create mountpoint *", "Failed to open_tree *",
                "Failed to move_mount from *", "Failed to move mount * from *", "Failed to find * mountpoint", "Child-parent mountpoint mismatch *",
            ],
            CannotMount, SameManifest),
        new("criu/mount-v2.c", ["Failed to copy sharing from *", "Can't copy sharing from *", "Failed to make mount * slave", "Failed to make mount * shared"],
            "The propagation of the container's mounts cannot be set here.",
            "Mount the volumes without mountPropagation, or use a kernel of 5.15 or newer."),
        new("criu/mount.c", ["Can't re-create deleted directory *", "Can't re-create deleted file *"],
            "A mount's source was deleted before the checkpoint, and cannot be created again.", SameManifest),
        new("criu/mount.c", ["The --root option is required to restore a mount namespace"],
            "The runtime gave CRIU no root file system for the restore.",
            "Restore it through a container runtime."),
        new("criu/mount.c", ["The root task has another root than mntns: *", "pivot_root(., *) failed"],
            "The first process has another root directory than the container (chroot), or the root directory cannot be changed here.",
            "Checkpoint the container when its first process does not run in a chroot."),
    ];
}

using static KubeCheckpoint.Criu.Logs.CriuAdvice;

namespace KubeCheckpoint.Criu.Logs;

/// <summary>Messages about open files, watches, locks, pipes and terminals.</summary>
internal static class FileDiagnoses
{
    /// <summary>Also for the check of a running container.</summary>
    public const string NoIoUring =
        "Disable io_uring in the program: UV_USE_IO_URING=0 for Node.js and others on libuv, an option of the program, or a seccomp profile.";

    /// <summary>Also for the check of a running container.</summary>
    public const string NoWatches =
        $"Put 'irmap-scan-path FOLDER' {NodeConf}, with the folder of the watched files, or disable the watches of the program " +
        "(DOTNET_hostBuilder__reloadConfigOnChange=false for ASP.NET Core; many programs have an option for polling).";

    private const string BrokenLease = "A process holds a lease on a file (fcntl F_SETLEASE) that is being broken or changed at this moment.";

    private const string OutsideTerminal = "A process has a terminal whose other end or session leader is outside of the container.";

    private const string NoShellJob = $"Run the container without a terminal (tty: false), or put 'shell-job' {Conf}.";

    public static CriuDiagnosis[] Known { get; } =
    [
        // Watches.
        new("criu/fsnotify.c", ["fsnotify:*Can't dump that handle"],
            "An inotify or fanotify watch is on a file that CRIU cannot find again: overlayfs, which holds the files of the image, does not " +
            "open files by their handle.",
            NoWatches),
        new("criu/irmap.c", ["irmap: Failed to resolve *"],
            "An inotify or fanotify watch is on a file that CRIU does not find in the well-known places either.",
            NoWatches),
        new("criu/fsnotify.c", ["fsnotify:*Handle 0x* cannot be opened"],
            "An inotify or fanotify watch is on a file that CRIU cannot open by its handle; it then looks for the file in some well-known places.",
            "Nothing, if no error follows; otherwise have the program watch files of a volume."),
        new("criu/irmap.c", ["irmap: Can't stat"],
            "CRIU looks for a watched file in some well-known places, and this one does not exist in the container.",
            "Nothing: an error follows where the file is not found at all.",
            CriuMessageKind.Harmless),
        new("criu/fsnotify.c", ["fsnotify:*Can't find suitable path for handle"],
            "An inotify or fanotify watch is on a deleted file of a tmpfs.",
            "Have the program remove its watches on deleted files before the checkpoint."),
        new("criu/fsnotify.c", ["Unable to lookup a mount by dev *", "Can't find mnt_id *"],
            "An inotify or fanotify watch is on a file system that is no longer mounted in the container.",
            "Have the program remove that watch before the checkpoint."),
        new("criu/fsnotify.c", ["inotify events will be dropped", "fanotify events will be dropped"],
            "A process has not read all events of its file watches. The checkpoint does not include them.",
            "Nothing, if the program can tolerate a missed event; otherwise try again.",
            CriuMessageKind.Harmless),
        new("criu/fsnotify.c",
            [
                "Can't add watch for * with *", "Adding fanotify mask * failed", "Adding fanotify ignored-mask * failed", "Can't find mount mnt_id *",
                "Can't create inotify for *", "Can't init fanotify mark",
            ],
            "A file watch cannot be restored: its file or mount does not exist, or the node's limits for inotify are reached.",
            "Restore with the same image and volumes, or raise fs.inotify.max_user_instances and fs.inotify.max_user_watches on the node."),

        // Locks.
        new("criu/file-lock.c", ["Some file locks are hold by dumping tasks!"],
            "A process holds a file lock (flock, fcntl or a lease), which CRIU dumps only if an option allows it. CRI-O sets that option, containerd does not.",
            $"Put 'file-locks' {NodeConf}, if no process outside of the container holds locks on the same files."),
        new("criu/file-lock.c", ["Unresolved lock found pid *"],
            "A process holds a file lock on a file that no process of the container has open.",
            "Have the process release the lock before the checkpoint."),
        new("criu/file-lock.c",
            [
                "Can't downgrade lock back", "Can't break lease", "Lease doesn't conflicts but breaks", "Incorrect lease type",
                "Incorrect target lease type", "Conflicting lease wasn't found", "Can't get lease type",
            ],
            BrokenLease, TryAgain, CriuMessageKind.PassingCause),
        new("criu/file-lock.c", ["Can not set flock!", "Can not set posix lock!", "Can not set ofd lock!", "Can't set lease"],
            "A file lock cannot be restored, because another process holds a lock on the same file.",
            "Stop whatever uses the file: the original container may still be running."),

        // Open files.
        new("criu/files-reg.c", ["Can't dump ghost file * increase limit"],
            "A process has a deleted file open that is larger than CRIU's limit, 1 MiB by default.",
            $"Put 'ghost-limit 1G', or as much as the file needs, {NodeConf}."),
        new("criu/files-reg.c", ["Can't create link remap for"],
            "A process has a file open whose name was deleted while the file has other names, or is on a network file system.",
            $"Put 'link-remap' {NodeConf}: CRIU then creates a temporary name for the file until the restore."),
        new("criu/files-reg.c", ["Can't link remap to *"],
            "A process has a deleted file open, and CRIU cannot create a temporary name for it: the folder is read-only, or the file system has no links.",
            CloseFile),
        new("criu/files-reg.c", ["Can't open ghost original file"],
            "A process has a deleted file open that CRIU cannot read.",
            CloseFile),
        new("criu/files-reg.c", ["The path [*] is not supported"],
            "A process has a file open that no path of the container leads to, because it was passed in from outside or its mount was detached.",
            CloseFile),
        new("criu/files-reg.c", ["Unaccessible path opened *"],
            "A process has a file open whose path now leads to another file: the file was replaced, or something was mounted over it.",
            "Have the process open the file again (restart it), or undo the mount."),
        new("criu/files-reg.c", ["Conflict with a dead task with the same PID as of this thread"],
            "A process has a file in /proc open that belonged to a process that has ended.",
            CloseFile),
        new("criu/files-reg.c", ["Open files on overmounted mounts are not supported"],
            "A process has a file open on a mount over which something else is mounted.",
            CloseFile),
        new("criu/files-reg.c", ["Can't lookup mount=* for fd="],
            "A process has a file open that is on no mount of the container, for example because it was passed in from outside.",
            CloseFile),
        new("criu/files-ext.c", ["Can't dump file * of that type *io_uring"],
            "A process has an io_uring, which CRIU cannot dump.", NoIoUring),

        // Current kernels send no descriptor of an io_uring over a unix socket, by which CRIU takes all descriptors of a process.
        new("criu/pie/parasite.c", ["send_fds failed (-22)"],
            "A process has an io_uring, which CRIU cannot dump.", NoIoUring),
        new("criu/proc_parse.c", ["Unknown shit *io_uring"],
            "A process has the rings of an io_uring in its memory, which CRIU cannot dump.", NoIoUring),
        new("criu/files-ext.c", ["Can't dump file * of that type *userfaultfd"],
            "A process handles page faults itself (userfaultfd), which CRIU cannot dump.",
            "Have the program avoid userfaultfd."),
        new("criu/files-ext.c", ["Can't dump file * of that type *perf_event"],
            "A process has performance counters open, which CRIU cannot dump.",
            "End the profiling before the checkpoint."),
        new("criu/files-ext.c", ["Can't dump file * of that type *anon_inode:bpf"],
            "A process has a BPF program, link or map open that CRIU cannot dump.",
            "Have the process close it before the checkpoint."),
        new("criu/files-ext.c", ["Can't dump file * of that type *anon_inode:kvm"],
            "A process runs a virtual machine (KVM), which CRIU cannot dump.",
            "Run the container without the virtual machine, or save the state of the machine itself."),
        new("criu/files-ext.c", ["Can't dump file * of that type *dmabuf"],
            "A process shares buffers with a device (dma-buf), such as a GPU.", DevicePlugin),
        new("criu/files-ext.c", ["Can't dump file * of that type *(chr "],
            "A process has a device open (major:minor are in the message) that CRIU cannot dump, such as a GPU.", DevicePlugin),
        new("criu/files-ext.c", ["Can't dump file * of that type *"],
            "A process has a file open of a type that CRIU cannot dump.", CloseFile),
        new("criu/files-ext.c", ["Unable to restore 0x*"],
            "The checkpoint has a file that only a plugin of CRIU restores, and that plugin does not.",
            "Install the same CRIU plugins (amdgpu_plugin, cuda_plugin) as on the first node."),
        new("criu/bpfmap.c", ["CRIU does not currently support dumping BPF map type *"],
            "A process has a BPF map open of a type that CRIU does not support.",
            "Have the process close it before the checkpoint."),
        new("criu/bpfmap.c",
            [
                "Can't perform a batch lookup on BPF map", "Could not get BPF map info", "Can't load key-value pairs to BPF map",
                "Can't create bpfmap *", "Can't freeze bpfmap *",
            ],
            "A BPF map cannot be read or restored: CRIU runs without CAP_BPF, or the kernel is too old.", RunAsRoot),
        new("criu/pipes.c", ["The packetized mode for pipes is not supported"],
            "A process has a pipe in packet mode (O_DIRECT).",
            "Have the program use an ordinary pipe."),
        new("criu/pipes.c", ["Can't restore pipe size", "Unable to set a pipe size"],
            "A pipe is larger than this node allows.",
            "Raise fs.pipe-max-size, and fs.pipe-user-pages-soft if it is set, on the node."),
        new("criu/pidfd.c", ["PIDFD_THREAD flag is currently not supported"],
            "A process has a pidfd of a thread (PIDFD_THREAD).",
            "Have the process close it before the checkpoint."),
        new("criu/pidfd.c", ["pidfd pid * is not a part of process tree"],
            "A process has a pidfd of a process outside of the container.",
            "Have the process close it before the checkpoint."),
        new("criu/eventpoll.c", ["Escaped/closed fd descriptor * on pid *"],
            "An epoll instance watches a file that the process has closed or passed on, which CRIU resolves only with kernel 4.13 or newer.", NewerKernel),
        new("criu/memfd.c", ["Unable to find the * memfd inode"],
            "A process has a memfd open that CRIU has not found.", CloseFile),
        new("criu/aio.c", ["Ring size is not aligned"],
            "A process has an asynchronous I/O context (libaio) of a size that CRIU does not know.", NewerCriu),
        new("criu/pie/restorer.c", ["Ring setup failed with *", "Ring remap failed with *", "wrong aio: *"],
            "The asynchronous I/O context (libaio) of a process cannot be restored.",
            "Raise fs.aio-max-nr on the node."),
        new("criu/kcmp-ids.c", ["kcmp failed: pid *", "kcmp-epoll failed: pid *"],
            "CRIU is not allowed to compare the files of processes: the kernel lacks CONFIG_KCMP, or a security module forbids it.", NewerKernel),

        // Terminals.
        new("criu/tty.c", ["Found dangling tty with sid"], "A process has a terminal whose session leader is outside of the container.", NoShellJob),
        new("criu/tty.c", ["ctty inheritance detected"],
            "A process inherited its controlling terminal in a way that CRIU cannot restore.", NoTerminal),
        new("criu/tty.c",
            ["Found slave peer index * without correspond master peer", "Only one slave external peer is allowed", "Too many external terminals"],
            OutsideTerminal, NoShellJob),
        new("criu/tty.c", ["Unable to find a tty driver", "Unexpected format on path *"],
            "A process has a terminal of a kind that CRIU does not support, such as a serial line or the console of the node.", CloseFile),
        new("criu/tty.c", ["The tty (* queued data overflow * bytes limit"],
            "A terminal holds more unread input than CRIU can dump.", TryAgain),
        new("criu/tty.c",
            [
                "Unable to find a master for *", "The master for * isn't from the root mntns", "Can't open slave pty *", "Can't open slave tty *",
                "Can't open master pty *", "Don't have tty to inherit session from", "No task found with sid *",
            ],
            "A terminal cannot be restored: its /dev/pts or the process that held its other end is missing.", NoTerminal),

        // Restore.
        new("criu/files-reg.c", ["has bad size *(expect"],
            "A file is not the one that the process had open or mapped at the checkpoint.", SameImage),
        new("criu/files-reg.c", ["has bad build-ID"],
            "A program or library is not the one that the process ran at the checkpoint.",
            "Restore with the same image, by digest."),
        new("criu/files-reg.c", ["has bad mode *(expect"],
            "A file has other permissions than at the checkpoint.",
            "Restore with the same image (by digest) and the same volumes."),
        new("criu/files-reg.c", ["Can't open file *dev/shm* on restore"],
            "A process had a file in /dev/shm open, and a Kubernetes checkpoint does not include the content of /dev/shm.",
            "Save the archive with Save-CheckpointArchive -IncludeVolumes: Restore-Pod puts such files back. Or have the program keep them elsewhere."),
        new("criu/files-reg.c", ["Can't open file * on restore", "Can't open file *: No such file or directory"],
            "A file that a process had open does not exist.",
            "Make sure that the image and the content of the volumes are the same; a checkpoint does not include the content of an emptyDir."),
        new("criu/files-reg.c", ["No entry for reg-file-ID *", "Can't find regfile for *"],
            "The checkpoint does not describe a file that a process had open or ran from. A program that was started from memory (memfd) cannot be restored.",
            "Start the program from a file."),
        new("criu/files-reg.c", ["The * mount is not found for ghost", "Can't create even fake link!", "Remap for non existing file *"],
            "A deleted file that a process had open cannot be created again: its folder or mount does not exist here.", SameImage),
        new("criu/fifo.c", ["Can't open fake fifo", "Can't open fifo *"],
            "A named pipe that a process had open does not exist.",
            "Make sure that the content of the volumes is the same; a checkpoint does not include the content of an emptyDir."),
        new("criu/files.c", ["Too big FD number to restore *"],
            "A process had a file descriptor with a number higher than this node allows.",
            "Raise fs.nr_open on the node, and the container's limit of open files."),
        new("criu/pie/restorer.c", ["Can't restore EXE link"],
            "The program file of a process cannot be set: it does not exist here, or CRIU lacks a capability.", SameImage),
    ];
}

namespace KubeCheckpoint.Criu.Logs;

/// <summary>
/// Known messages of CRIU. The phrases are those of CRIU 4.2's source; the more specific entry comes first, since a message
/// may match several. runc and crun read the options named here from /etc/criu/runc.conf and /etc/criu/crun.conf on the node, and
/// these override the options of the container runtime.
/// </summary>
internal static class CriuDiagnoses
{
    private const string Conf = "into /etc/criu/runc.conf (crun: crun.conf) on the node";

    private const string Consequence = "This is a consequence of an earlier error.";

    private const string SeeBefore = "See the earlier errors.";

    private static readonly CriuDiagnosis[] Known =
    [
        // Sockets: criu/sk-inet.c, sk-unix.c, sk-queue.c, net.c.
        new(["Connected TCP socket, consider using"],
            "A process has an established TCP connection, which CRIU dumps only if an option allows it.",
            $"Close the connection before the checkpoint, or put 'tcp-established' {Conf} to keep it (a restore under another address cannot use " +
            "it), or 'tcp-close' to let the process find it closed."),
        new(["Connected TCP socket in image"],
            "The checkpoint has an established TCP connection, and the restore does not have the option to restore it.",
            $"Put 'tcp-established' {Conf} to restore it, which needs the same address, or 'tcp-close' to let the process find it closed."),
        new(["In-flight connection (l) for"],
            "A listening TCP socket has connections that the process has not accepted yet.",
            $"Try again, or put 'skip-in-flight' {Conf}: the clients then have to reconnect."),
        new(["In-flight connections can be ignored"],
            "A listening TCP socket has connections that the process has not accepted yet.",
            $"Try again, or put 'skip-in-flight' {Conf}: the clients then have to reconnect."),
        new(["Unsupported proto 262 for socket"],
            "A process has a Multipath TCP socket, which CRIU does not support. Programs built with Go 1.24 or newer use it by default for listening sockets.",
            "Set GODEBUG=multipathtcp=0 in the environment of a Go program."),
        new(["GODEBUG=multipathtcp=0"],
            "A process has a Multipath TCP socket, which CRIU does not support. Programs built with Go 1.24 or newer use it by default for listening sockets.",
            "Set GODEBUG=multipathtcp=0 in the environment of a Go program."),
        new(["Unsupported proto", "for socket"],
            "A process has a socket with a protocol that CRIU does not support.",
            "Have the process close the socket before the checkpoint, or avoid that protocol."),
        new(["Can't dump corked dgram socket"],
            "A UDP socket holds unsent data (UDP_CORK).",
            "Try again when the process has sent it."),
        new(["External socket is used."],
            "A unix socket of the container is connected to a socket outside of it, such as that of a daemon on the node.",
            $"Close the connection before the checkpoint. For datagram sockets 'ext-unix-sk' {Conf} helps."),
        new(["Can't dump half of stream unix connection"],
            "A unix stream socket is connected to a socket outside of the container; only one half of that connection could be dumped.",
            "Close the connection before the checkpoint."),
        new(["Can't dump name-less external socket"],
            "A unix socket of the container is connected to a socket outside of it that has no name and cannot be found again.",
            "Close the connection before the checkpoint."),
        new(["Unix socket", "with unreachable peer"],
            "A unix socket is connected to a socket that belongs to no process of the container.",
            "Close the connection before the checkpoint."),
        new(["Control messages in queue, not supported"],
            "A unix socket has queued messages that carry more than data and file descriptors, such as credentials.",
            "Try again when the process has read them."),
        new(["Unable to dump a socket from an external network namespace"],
            "A process has a socket of a network namespace that is not the container's.",
            "Have the process close the socket before the checkpoint."),
        new(["Unsupported link", "(type", "kind"],
            "The container's network namespace has a device of a kind that CRIU does not support.",
            "Remove the device before the checkpoint if the container made it itself."),

        // Files: criu/fsnotify.c, irmap.c, file-lock.c, files-reg.c, files.c, files-ext.c, pipes.c, pidfd.c.
        new(["fsnotify:", "Can't dump that handle"],
            "An inotify or fanotify watch is on a file that CRIU cannot find again: overlayfs, which holds the files of the image, does not " +
            "open files by their handle.",
            "Have the program watch files of a volume, or disable its watches (many programs have an option for polling)."),
        new(["fsnotify:", "Handle 0x", "cannot be opened"],
            "An inotify or fanotify watch is on a file that CRIU cannot open by its handle; it then looks for the file in some well-known places.",
            "Nothing, if no error follows; otherwise have the program watch files of a volume."),
        new(["irmap: Can't stat"],
            "CRIU looks for a watched file in some well-known places, and this one does not exist in the container.",
            "Nothing: an error follows where the file is not found at all.",
            IsHarmless: true),
        new(["fsnotify:", "Can't find suitable path for handle"],
            "An inotify or fanotify watch is on a deleted file of a tmpfs.",
            "Have the program remove its watches of deleted files before the checkpoint."),
        new(["Some file locks are hold by dumping tasks!"],
            "A process holds a file lock (flock, fcntl or a lease), which CRIU dumps only if an option allows it. CRI-O sets that option, containerd does not.",
            $"Put 'file-locks' {Conf}, if no process outside of the container holds locks on the same files."),
        new(["Can't dump ghost file", "increase limit"],
            "A process has a deleted file open that is larger than CRIU's limit, 1 MiB by default.",
            $"Put 'ghost-limit 1G', or as much as the file needs, {Conf}."),
        new(["Can't create link remap for"],
            "A process has a file open whose name was deleted while the file has other names, or is on a network file system.",
            $"Put 'link-remap' {Conf}: CRIU then creates a temporary name for the file until the restore."),
        new(["Open files on overmounted mounts are not supported"],
            "A process has a file open on a mount over which something else is mounted.",
            "Have the process close the file that the message names before the checkpoint."),
        new(["Can't lookup mount=", "for fd="],
            "A process has a file open that is on no mount of the container, for example because it was passed in from outside.",
            "Have the process close the file that the message names before the checkpoint."),
        new(["Can't dump file", "of that type", "io_uring"],
            "A process has an io_uring, which CRIU cannot dump.",
            "Disable io_uring in the program: UV_USE_IO_URING=0 for Node.js and others on libuv, an option of the program, or a seccomp profile."),
        new(["Unknown shit", "io_uring"],
            "A process has the rings of an io_uring in its memory, which CRIU cannot dump.",
            "Disable io_uring in the program: UV_USE_IO_URING=0 for Node.js and others on libuv, an option of the program, or a seccomp profile."),
        new(["Can't dump file", "of that type", "userfaultfd"],
            "A process handles page faults itself (userfaultfd), which CRIU cannot dump.",
            "Have the program avoid userfaultfd."),
        new(["Can't dump file", "of that type", "perf_event"],
            "A process has performance counters open, which CRIU cannot dump.",
            "End the profiling before the checkpoint."),
        new(["Can't dump file", "of that type", "anon_inode:bpf"],
            "A process has a BPF program, link or map open that CRIU cannot dump.",
            "Have the process close it before the checkpoint."),
        new(["Can't dump file", "of that type", "(chr "],
            "A process has a device open (major:minor are in the message) that CRIU cannot dump, such as a GPU.",
            "Close the device before the checkpoint, or install the CRIU plugin for it on the node: amdgpu_plugin, cuda_plugin."),
        new(["Can't dump file", "of that type"],
            "A process has a file open of a type that CRIU cannot dump.",
            "Have the process close the file that the message names before the checkpoint."),
        new(["The packetized mode for pipes is not supported"],
            "A process has a pipe in packet mode (O_DIRECT).",
            "Have the program use an ordinary pipe."),
        new(["PIDFD_THREAD flag is currently not supported"],
            "A process has a pidfd of a thread (PIDFD_THREAD).",
            "Have the process close it before the checkpoint."),

        // Memory: criu/proc_parse.c, cr-dump.c, shmem.c.
        new(["Unsupported mapping found"],
            "A process has a mapping that CRIU cannot dump, usually the memory of a device such as a GPU.",
            "Close the device before the checkpoint, or install the CRIU plugin for it on the node: amdgpu_plugin, cuda_plugin."),
        new(["has uprobes vma"],
            "A process is traced by uprobes (perf, bpftrace, an eBPF agent on the node).",
            $"End the tracing, or put 'allow-uprobes' {Conf}, which the restore needs as well."),
        new(["with SysVIPC shmem map", "doesn't live in IPC ns"],
            "A process uses System V shared memory and shares the IPC namespace of the node.",
            "Run the pod without hostIPC."),
        new(["Sysv shmem", "not supported"],
            "System V shared memory is mapped only in part.",
            "Have the program map the whole segment."),

        // Processes: compel/src/lib/infect.c, criu/seize.c, cr-dump.c, namespaces.c, tty.c.
        new(["Unable to interrupt task:"],
            "CRIU could not attach to a process: it has just ended, is traced by another process (gdb, strace, an agent), or attaching is forbidden.",
            "Nothing, if no error follows; otherwise detach the debugger or tracer."),
        new(["Unseizable non-zombie"],
            "CRIU could not attach to a process: it is traced by another process (gdb, strace, an agent), or attaching is forbidden.",
            "Detach the debugger or tracer before the checkpoint."),
        new(["with a pending SIGTRAP"],
            "A thread has a pending SIGTRAP, as under a debugger.",
            "Detach the debugger before the checkpoint."),
        new(["The criu itself is within dumped tree"],
            "CRIU runs inside the container that it should dump.",
            "Run CRIU outside of the container."),
        new(["Unable to freeze cgroup"],
            "The container could not be frozen in time: a process is in an uninterruptible wait in the kernel, for example on a disk or a network " +
            "file system.",
            $"Find out what blocks it (state D in ps), or allow more time with 'timeout 60' {Conf}."),
        new(["Timeout reached. Try to interrupt"],
            "The processes could not all be stopped within CRIU's time limit, 10 s by default.",
            $"Find out whether a process is blocked (state D in ps) or keeps starting others, or allow more time with 'timeout 60' {Conf}."),
        new(["Stopped tasks are not supported"],
            "A process is stopped (SIGSTOP), which a pre-dump does not support.",
            "Resume it (SIGCONT) before the checkpoint."),
        new(["Individually stopped threads not supported"],
            "Some threads of a process are stopped and others are not.",
            "Resume them (SIGCONT) before the checkpoint."),
        new(["Zombie thread not supported"],
            "A process runs on although one of its threads has ended.",
            "End that process before the checkpoint; there is no other way."),
        new(["Zombies with threads are not supported"],
            "The main thread of a process has ended while other threads run on.",
            "End that process before the checkpoint; there is no other way."),
        new(["A root task is dead"],
            "The container's first process ended while it was being dumped.",
            "Find out why it ended; only a running container can be checkpointed."),
        new(["A session leader of", "is outside of its pid namespace"],
            "A process belongs to a session that was started from outside of the container, by nsenter for example.",
            "End what was started from outside before the checkpoint."),
        new(["Can't dump nested"],
            "A process of the container has created namespaces of its own, as browsers and container tools do for sandboxing.",
            "Run the program without its sandbox (Chromium: --no-sandbox)."),
        new(["Found dangling tty with sid"],
            "A process has a terminal whose session leader is outside of the container.",
            $"Run the container without a terminal (tty: false), or put 'shell-job' {Conf}."),
        new(["ctty inheritance detected"],
            "A process inherited its controlling terminal in a way that CRIU cannot restore.",
            "Run the container without a terminal (tty: false)."),
        new(["has rseq but kernel lacks get_rseq_conf feature"],
            "A process uses restartable sequences (glibc 2.35 and newer do), and the node's kernel is older than 5.13 and cannot report them.",
            "Use a kernel of 5.13 or newer, or set GLIBC_TUNABLES=glibc.pthread.rseq=0 in the container's environment."),

        // Mounts: criu/mount.c, filesystems.c.
        new(["doesn't have a proper root mount"],
            "The container has a mount from outside that the runtime did not report to CRIU.",
            "Mount it as a volume of the pod; unmount anything mounted from within the container before the checkpoint."),
        new(["FS mnt", "unsupported id"],
            "The container has a mount with a file system type that CRIU does not support.",
            "Mount it as a volume of the pod; unmount anything mounted from within the container before the checkpoint."),
        new(["is a fuse mount but not external"],
            "A FUSE file system is mounted from within the container.",
            "Unmount it before the checkpoint, or mount it as a volume of the pod."),
        new(["is autodetected external mount"],
            "The checkpoint has a mount from outside, and the runtime did not tell CRIU what to mount there.",
            "Restore with the mounts that the container had."),
        new(["Can't dump tmpfs content"],
            "The content of a tmpfs of the container, /dev/shm for example, could not be archived with tar.",
            "Install GNU tar on the node, where CRIU finds it, and see tar's output before this line."),

        // The node: criu/util.c, crtools.c, kerndat.c.
        new(["No space left on device"],
            "The node's disk is full, or the tmpfs that the checkpoint is written to.",
            "Free space on the node: a checkpoint needs as much as the container's memory, temporarily twice as much."),
        new(["You need to be root to run this command"],
            "CRIU was started without the privileges it needs.",
            "Run the container runtime as root, or CRIU with CAP_CHECKPOINT_RESTORE (Linux 5.9 and newer)."),
        new(["Could not initialize kernel features detection"],
            "CRIU could not detect the features of the node's kernel: one is missing or forbidden.",
            "Run 'criu check' on the node."),
        new(["Can't get rlimit"],
            "CRIU may not read the limits of another user's process: it runs without CAP_SYS_RESOURCE.",
            "Run the container runtime with all capabilities of root. A node that is itself a container often lacks this one."),
        new(["rlimit: Can't setup RLIMIT_NOFILE for self"],
            "The runtime does not let CRIU raise its own limit of open files. CRIU continues with the current limit.",
            "Nothing: it also appears in the logs of successful dumps.",
            IsHarmless: true),
        new(["Will restore", "with interrupted system call"],
            "A thread was in a system call, which restarts or returns EINTR after the dump and after a restore.",
            "Nothing: it also appears in the logs of successful dumps.",
            IsHarmless: true),

        // Restore: criu/files-reg.c, sk-inet.c.
        new(["has bad size", "(expect"],
            "A file is not the one that the process had open or mapped at the checkpoint.",
            "Restore with the same image (by digest) and the same content of volumes."),
        new(["has bad build-ID"],
            "A program or library is not the one that the process ran at the checkpoint.",
            "Restore with the same image, by digest."),
        new(["has bad mode", "(expect"],
            "A file has other permissions than at the checkpoint.",
            "Restore with the same image (by digest) and the same volumes."),
        new(["Can't bind inet socket", "Address already in use"],
            "A port that the process listened on is in use.",
            "Stop whatever listens there (with hostNetwork, this may be the original pod), or restore on another node."),
        new(["Can't bind inet socket"],
            "An address that the process listened on or was connected from does not exist here.",
            "Restore under the same address, or checkpoint without established connections."),
        new(["Can't open file", "dev/shm", "on restore"],
            "A process had a file in /dev/shm open, and a Kubernetes checkpoint does not include the content of /dev/shm.",
            "Checkpoint it while no such file is open, or have the program keep these files elsewhere."),
        new(["Can't open file", "on restore"],
            "A file that a process had open does not exist.",
            "Make sure that the image and the content of the volumes are the same; a checkpoint does not include the content of an emptyDir."),
        new(["Can't open fake fifo"],
            "A named pipe that a process had open does not exist.",
            "Make sure that the content of the volumes is the same; a checkpoint does not include the content of an emptyDir."),
        new(["do not match run time"],
            "The processor lacks instructions that were available when the process started.",
            "Restore on a node with the same or a newer processor (or CPU model of the hypervisor)."),
        new(["FPU feature required by image"],
            "The processor lacks registers that the process uses, such as AVX-512.",
            "Restore on a node with the same or a newer processor (or CPU model of the hypervisor)."),
        new(["CPU xfeatures has unsupported bits"],
            "The processor lacks registers that the process uses, such as AVX-512.",
            "Restore on a node with the same or a newer processor (or CPU model of the hypervisor)."),
        new(["CPU xsave", "size mismatch"],
            "The size of the processor's register state differs from that in the checkpoint.",
            "Restore on a node with the same processor (or CPU model of the hypervisor)."),
        new(["LSM specified but", "not supported by kernel"],
            "The container ran under AppArmor or SELinux, which the kernel here does not have enabled.",
            "Restore on a node with the same Linux security module."),
        new(["No mapping for", "mountpoint"],
            "The container had a mount that the new container lacks.",
            "Restore with the manifest of the pod that was checkpointed."),

        // What ends a log: criu/cr-dump.c.
        new(["Dump files (pid:", "failed with"], Consequence, SeeBefore),
        new(["Pre-dumping FAILED."], Consequence, SeeBefore),
        new(["Dumping FAILED."], Consequence, SeeBefore),
    ];

    /// <summary>For a log that ends before CRIU reports a result.</summary>
    public static CriuDiagnosis Unfinished { get; } = new(
        [],
        "The log ends here without a result: CRIU was still running, was killed, or hangs. It is known to hang on a stopped " +
        "process (SIGSTOP) of a frozen container.",
        "Look for criu on the node. If it hangs, kill it, thaw the container (runc resume) and resume stopped processes (SIGCONT) before " +
        "the next checkpoint.");

    /// <summary>What a message means, or null.</summary>
    public static CriuDiagnosis? Find(string message) => Array.Find(Known, diagnosis => diagnosis.Fits(message));

    /// <summary>The diagnosis of the first message with a known cause, ignoring consequences of other errors; null for none.</summary>
    public static CriuDiagnosis? FindRoot(IEnumerable<string> messages) =>
        messages.Select(Find).FirstOrDefault(diagnosis => diagnosis is { IsHarmless: false } && diagnosis.Cause != Consequence);

    /// <summary>True for a line that reports the result: a log without one is incomplete.</summary>
    public static bool SaysTheEnd(string message) =>
        message.Contains("finished successfully", StringComparison.Ordinal) || message.EndsWith(" FAILED.", StringComparison.Ordinal);
}

/// <summary>What a message in CRIU's log means, and what to do about it.</summary>
/// <param name="Phrases">What the message contains, all of it.</param>
/// <param name="Cause">What that means.</param>
/// <param name="Remedy">What to do.</param>
/// <param name="IsHarmless">True for messages that also appear in the logs of successful dumps.</param>
internal sealed record CriuDiagnosis(string[] Phrases, string Cause, string Remedy, bool IsHarmless = false)
{
    public bool Fits(string message) => Array.TrueForAll(Phrases, phrase => message.Contains(phrase, StringComparison.Ordinal));
}

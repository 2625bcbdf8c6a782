using static KubeCheckpoint.Criu.Logs.CriuAdvice;

namespace KubeCheckpoint.Criu.Logs;

/// <summary>Messages about processes, their namespaces, credentials and cgroups.</summary>
internal static class ProcessDiagnoses
{
    private const string NoAttach =
        "CRIU could not attach to a process: it has just ended, is traced by another process (gdb, strace, an agent), or attaching is forbidden.";

    private const string Ended = "A process of the container ended, or was stopped or killed, while it was being dumped.";

    private const string FindOutWhy = "Find out why it ended (the memory limit of the container, for example), and try again.";

    private const string NoExecutableMemory = "A security module or seccomp does not let CRIU put its code into a process.";

    private const string AllowExecutableMemory = "Allow it in the policy of the container: SELinux's execmem, for example.";

    private const string ZombieThreads = "End that process before the checkpoint; there is no other way.";

    private const string IdInUse = "A process needs a process id that is in use here, because the container shares its process ids with others.";

    private const string OwnProcessIds = "Restore without hostPID and shareProcessNamespace, on a node where these ids are free.";

    private const string NoPrivileges =
        "CRIU is not allowed to give a process its identity or capabilities back: " +
        "it lacks privileges, or the new container has fewer capabilities.";

    private const string SamePrivileges =
        "Restore with the same securityContext as at the checkpoint, " +
        "and run the container runtime with all capabilities of root.";

    private const string NoCgroup = "The cgroup of a process, or its limits, cannot be created again here.";

    private const string IgnoreCgroups = $"Put 'manage-cgroups ignore' {Conf}: the runtime then decides on the cgroup.";

    public static CriuDiagnosis[] Known { get; } =
    [
        new("compel/src/lib/infect.c", ["Unable to interrupt task:", "can't interrupt task:"], NoAttach,
            "Nothing, if no error follows; otherwise detach the debugger or tracer."),
        new("compel/src/lib/infect.c", ["Unseizable non-zombie"],
            "CRIU could not attach to a process: it is traced by another process (gdb, strace, an agent), or attaching is forbidden.", OutsideTracer),
        new("criu/seize.c", ["Unexpected error for pid * (comm *)"], NoAttach, OutsideTracer),
        new("compel/src/lib/infect.c",
            ["SEIZE *: task not stopped after seize", "SEIZE *: unsupported stop signal *", "SEIZE *: can't *", "Task pid reused while suspending"],
            "A process changed its state while CRIU was attaching to it.", TryAgain, CriuMessageKind.PassingCause),
        new("compel/src/lib/infect.c", ["with a pending SIGTRAP"],
            "A thread has a pending SIGTRAP, as under a debugger.",
            "Detach the debugger before the checkpoint."),
        new("compel/src/lib/infect.c", ["The criu itself is within dumped tree"],
            "CRIU runs inside the container that it is to dump.",
            "Run CRIU outside of the container."),
        new("compel/src/lib/infect.c",
            [
                "* exited with * unexpectedly", "* was killed by * unexpectedly", "* was stopped by * unexpectedly", "Task exited with *",
                "Task signaled with *", "Task stopped with *", "Unexpected * task interruption, aborting",
            ],
            Ended, FindOutWhy),
        new("compel/arch/x86/src/lib/infect.c", ["check selinux execmem policy", "remote mmap() failed"], NoExecutableMemory, AllowExecutableMemory),
        new("compel/src/lib/infect.c",
            ["Can't allocate memory for parasite blob", "compel_syscall for mprotect failed", "remote_mprotect failed"],
            NoExecutableMemory, AllowExecutableMemory),
        new("compel/src/lib/ptrace.c", ["suspending seccomp failed"],
            "CRIU is not allowed to suspend the seccomp filter of a process.", RunAsRoot),
        new("criu/cr-check.c", ["Kernel doesn't support PTRACE_O_SUSPEND_SECCOMP"],
            "The node's kernel cannot suspend seccomp filters.", NewerKernel),
        new("criu/seccomp.c", ["Can't fetch filter on tid_real *", "Can't fetch seccomp metadata on tid_real *"],
            "CRIU is not allowed to read the seccomp filter of a process, or the kernel lacks CONFIG_CHECKPOINT_RESTORE.",
            $"{RunAsRoot} Or run the container with seccompProfile Unconfined."),
        new("criu/seize.c", ["Unable to freeze cgroup"],
            "The container could not be frozen in time: a process is in an uninterruptible wait in the kernel, for example on a disk or a network " +
            "file system.",
            $"Find out what blocks it (state D in ps), or allow more time with 'timeout 60' {Conf}."),
        new("criu/cr-dump.c", ["Timeout reached. Try to interrupt"],
            "The processes could not all be stopped within CRIU's time limit, 10 s by default.",
            $"Find out whether a process is blocked (state D in ps) or keeps starting others, or allow more time with 'timeout 60' {Conf}."),
        new("criu/seize.c", ["Unknown freezer state", "Neither a cgroupv1 (freezer.state) or cgroupv2 (cgroup.freeze) control file found"],
            "CRIU does not find the freezer of the container's cgroup.",
            "Use the same version of cgroups (v1 or v2) on the node and in the runtime."),
        new("criu/seize.c", ["zombie * found while seizing", "Zombie with children"],
            "A process was ending at that moment.", TryAgain, CriuMessageKind.PassingCause),
        new("criu/seize.c", ["Unexpected process * in the freezer cgroup"],
            "Another process is in the cgroup of the container and is not its child, such as one that kubectl exec has started.",
            "End it before the checkpoint, if an error follows."),
        new("criu/cr-dump.c", ["Stopped tasks are not supported"],
            "A process is stopped (SIGSTOP), which a pre-dump does not support.",
            "Resume it (SIGCONT) before the checkpoint."),
        new("criu/seize.c", ["Individually stopped threads not supported"],
            "Some threads of a process are stopped and others are not.",
            "Resume them (SIGCONT) before the checkpoint."),
        new("criu/seize.c", ["Zombie thread not supported"],
            "A process runs on although one of its threads has ended.", ZombieThreads),
        new("criu/seize.c", ["Zombies with threads are not supported"],
            "The main thread of a process has ended while other threads run on.", ZombieThreads),
        new("criu/cr-dump.c", ["A root task is dead"],
            "The container's first process ended while it was being dumped.",
            "Find out why it ended; only a running container can be checkpointed."),
        new("criu/cr-dump.c", ["A session leader of * is outside of its pid namespace"],
            "A process belongs to a session that was started from outside of the container, by nsenter for example.",
            "End what was started from outside before the checkpoint."),
        new("criu/pstree.c", ["The root process * is not a session leader"],
            "The container's first process belongs to the session of a terminal or process outside of the container.",
            $"Run the container without a terminal (tty: false), or put 'shell-job' {Conf}."),
        new("criu/namespaces.c", ["Can't dump nested * namespace for *", "doesn't belong to the target user namespace"],
            "A process of the container has created namespaces of its own, as browsers and container tools do for sandboxing.",
            "Run the program without its sandbox (Chromium: --no-sandbox)."),
        new("criu/mount.c", ["Nested mount namespaces are not supported"],
            "A process of the container has created a mount namespace of its own, and the kernel does not say which mounts its files are on.", NewerKernel),
        new("criu/namespaces.c", ["Can't dump a pid namespace without the process init"],
            "The container's first process, which owns its process ids, is not among the processes to dump.",
            "Checkpoint the whole container, not a process of it."),
        new("criu/pie/parasite.c", ["can't dump unprivileged task whose /proc doesn't belong to it"],
            "A process has changed its user and is not dumpable (PR_SET_DUMPABLE), so that it cannot read its own /proc.", RunAsRoot),
        new("criu/pie/parasite.c", ["Too many groups in task *"],
            "A process is in more groups than CRIU dumps.",
            "Put the user of the process in fewer groups."),
        new("criu/kerndat.c", ["Kernel reports more capabilities than this CRIU supports"],
            "The node's kernel knows capabilities that this version of CRIU does not.", NewerCriu),
        new("criu/cr-dump.c", ["has rseq but kernel lacks get_rseq_conf feature"],
            "A process uses restartable sequences (glibc 2.35 and newer do), and the node's kernel is older than 5.13 and cannot report them.",
            "Use a kernel of 5.13 or newer, or set GLIBC_TUNABLES=glibc.pthread.rseq=0 in the container's environment."),
        new("criu/cr-dump.c", ["unsupported RSEQ ABI version = *"],
            "A process uses a version of restartable sequences that CRIU does not know.", NewerCriu),
        new("criu/cr-restore.c", ["rseq: can't restore as kernel doesn't support it"],
            "A process uses restartable sequences, which the kernel here does not have.", NewerKernel),
        new("criu/cr-dump.c", ["Can't get rlimit"],
            "CRIU is not allowed to read the limits of another user's process: it runs without CAP_SYS_RESOURCE.",
            "Run the container runtime with all capabilities of root. A node that is itself a container often lacks this one."),
        new("criu/proc_parse.c",
            [
                "Can't parse: *", "Unable to parse: *", "Unable to parse \"*", "stat for * is corrupted", "Parsing *'s stat failed",
                "Error parsing proc status file", "Failed to parse mountinfo line *", "Bad format in * mountinfo",
                "Failed to parse FS specific data on *", "Unknown clockid: *", "No data left in proc file while parsing *",
                "No records of type * found in fdinfo file", "error parsing [*", "Unknown file lock", "Unknown lock option!",
                "Invalid file lock info", "Failed parsing cgroup *", "couldn't parse internal cgroup file",
            ],
            "The kernel reports something in /proc that this version of CRIU does not understand.", NewerCriu),
        new("compel/arch/x86/src/lib/cpu.c", ["Unsupported CPU vendor *", "No FPU detected", "FP/SSE not present amongst"],
            "CRIU does not support the processor of the node.", NewerCriu),
        new("criu/cgroup.c", ["dumping known properties failed", "dumping global properties failed", "dumping global properties v2 failed"],
            "The limits of the container's cgroup could not be read.", IgnoreCgroups),
        new("criu/proc_parse.c", ["invalid cgroup configuration, * is not a suffix of *"],
            "A process of the container is in a cgroup outside of the container's.",
            "Move it into the cgroup of the container before the checkpoint."),
        new("criu/lsm.c", ["getting selinux profile failed", "Invalid selinux context *", "failed to collect AA namespace"],
            "CRIU could not read the SELinux or AppArmor label of a process.", RunAsRoot),
        new("criu/apparmor.c", ["Apparmor namespace present but dumping not enabled"],
            "A process is in an AppArmor namespace of its own, which the checkpoint does not include.",
            "Nothing, if no error follows."),

        // Restore.
        new("criu/lsm.c", ["LSM specified but * not supported by kernel", "unknown lsm *", "mismatched lsm types and lsm profile specified"],
            "The container ran under AppArmor or SELinux, which the kernel here does not have enabled.",
            "Restore on a node with the same Linux security module."),
        new("criu/pie/restorer.c", ["can't write lsm profile *"],
            "The AppArmor profile or SELinux label of a process is not known here.",
            "Load the same AppArmor profile on this node, or restore with the same SELinux policy."),
        new("criu/apparmor.c", ["apparmor parsing failed *", "couldn't open apparmor load file *", "failed to write policy in AA namespace *"],
            "An AppArmor policy of the container cannot be loaded here.",
            "Install apparmor_parser on the node, or restore on a node with the same AppArmor version."),
        new("criu/cr-restore.c", ["Can't fork for *File exists", "Setting PID failed", "Pid * do not match expected *"], IdInUse, OwnProcessIds),
        new("criu/pie/restorer.c",
            ["Thread pid mismatch *", "Can't set last_pid *", "can't open last pid fd *", "Unable to create a thread: *"],
            IdInUse, OwnProcessIds),
        new("criu/pstree.c", ["Current sid * intersects with *", "Current gid * intersects with *"], IdInUse, OwnProcessIds),
        new("criu/cr-restore.c",
            [
                "First PID in a PID namespace needs to be *", "This process tree can only be restored in a new pid namespace",
                "Can't restore pid namespace without the process init", "Unable to restore into an empty PID namespace",
                "Unable to find an external pidns: *",
            ],
            "The processes need a process id namespace like that at the checkpoint.",
            "Restore with the same hostPID and shareProcessNamespace as at the checkpoint."),
        new("criu/cr-restore.c", ["Requested sid * doesn't match inherited *", "Can't restore sid (*", "Can't restore pgid (*"],
            "A process cannot join the session or process group that it was in.", SameManifest),
        new("criu/cr-restore.c", ["Can't restore cur > max for *"],
            "A limit of a process (ulimit) is higher than allowed here.",
            "Raise the limits of the container runtime on the node (LimitNOFILE and others of its systemd unit)."),
        new("criu/pie/restorer.c",
            [
                "Unable to drop capability *", "Unable to restore capabilities: *", "Unable to raise ambient capability *", "Can't setgroups(*",
                "Unable to set real, effective and saved * ID", "Unable to set fsuid", "Unable to set fsgid", "Unable to set PR_SET_SECUREBITS",
                "Unable to set SECURE_NO_SETUID_FIXUP",
            ],
            NoPrivileges, SamePrivileges),
        new("criu/cr-restore.c",
            ["Setting loginuid for CT init task failed", "Setting loginuid for * task failed", "Restore original /proc/self/loginuid failed"],
            "The audit user of a process (loginuid) cannot be set here.", RunAsRoot),
        new("criu/pie/restorer.c",
            ["seccomp: SECCOMP_SET_MODE_FILTER returned *", "seccomp: PR_SET_SECCOMP returned *", "seccomp: SECCOMP_MODE_STRICT returned *"],
            "The seccomp filter of a process cannot be set here.", SamePrivileges),
        new("criu/cr-restore.c", ["failed to suspend seccomp, restore will probably fail"],
            "CRIU is not allowed to suspend the seccomp filter of a process.", RunAsRoot),
        new("criu/pie/restorer.c", ["Can't create posix timer *", "Can't create timers, kernel don't give them consequently", "Unexpected timer id *"],
            "A timer of a process cannot get the number that it had.", NewerKernel),
        new("criu/timens.c", ["Unable to create a new time namespace", "Unable to set a monotonic clock offset", "Unable to set a boottime clock offset"],
            "The clocks of the container cannot be set: the kernel has no time namespaces, or CRIU is not allowed to create one.", NewerKernel),
        new("criu/cgroup.c",
            [
                "Cgroup dir * doesn't exist", "Can't make cgroup dir *", "CG paths mismatch: *", "Abort restore of existing cgroups",
                "Restoring special cpuset props failed!", "Restoring * special property failed", "controller * not found", "Can't move * into * (*",
                "cg: Failed writing * to *", "cgroupd: Can't move thread *", "failed preparing cgns", "failed to start cgroupd",
                "cg: Unable to mount *",
            ],
            NoCgroup, IgnoreCgroups),
    ];
}

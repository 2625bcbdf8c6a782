using static KubeCheckpoint.Criu.Logs.CriuAdvice;

namespace KubeCheckpoint.Criu.Logs;

/// <summary>Messages about CRIU itself, its options and images, the runtime and the node.</summary>
internal static class NodeDiagnoses
{
    private const string SeeBefore = "See the earlier errors.";

    private const string Consequence = "This is a consequence of an earlier error.";

    private const string RuntimeHook = "The container runtime failed in its own part of the checkpoint or restore.";

    private const string LogNote = "A note from CRIU about the node or the process.";

    private const string AlsoInGoodLogs = "Nothing: it also appears in the logs of successful dumps.";

    public static CriuDiagnosis[] Known { get; } =
    [
        new("criu/util.c", ["rlimit: Can't setup RLIMIT_NOFILE for self"],
            "The runtime does not let CRIU raise its own limit of open files. CRIU continues with the current limit.",
            AlsoInGoodLogs, CriuMessageKind.Harmless),
        new("compel/arch/x86/src/lib/infect.c", ["Will restore * with interrupted system call"],
            "A thread was in a system call, which restarts or returns EINTR after the dump and after a restore.",
            AlsoInGoodLogs, CriuMessageKind.Harmless),
        new("criu/kerndat.c",
            [
                "Stale * file", "Can't load */criu.kdat", "Can't keep kdat cache on non-tempfs", "$XDG_RUNTIME_DIR not set", "NSID is not supported",
                "Hardware breakpoints don't seem to work", "Can't create nftables table", "prctl PR_SET_THP_DISABLE sets MADV_NOHUGEPAGE",
                "Can't fetch * value, use default *", "Can't fetch file_stat, using kernel defaults",
            ],
            LogNote, AlsoInGoodLogs, CriuMessageKind.Harmless),
        new("criu/cr-dump.c", ["task is in rseq critical section", "ptrace doesn't support PTRACE_PEEKSIGINFO"],
            LogNote, AlsoInGoodLogs, CriuMessageKind.Harmless),
        new("criu/log.c", ["The early log buffer is full"],
            "The first lines of this log are missing.",
            AlsoInGoodLogs, CriuMessageKind.Harmless),

        new("criu/util.c", ["You need to be root to run this command"],
            "CRIU was started without the privileges it needs.",
            "Run the container runtime as root, or CRIU with CAP_CHECKPOINT_RESTORE (Linux 5.9 and newer)."),
        new("criu/crtools.c", ["Could not initialize kernel features detection"],
            "CRIU could not detect the features of the node's kernel: one is missing or forbidden.",
            "Run 'criu check' on the node."),
        new("criu/kerndat.c", ["failed when initializing kerndat"],
            "CRIU could not detect a feature of the node's kernel: it is missing or forbidden.",
            "Run 'criu check' on the node."),
        new("criu/util.c", ["execvp(*) failed: No such file or directory"],
            "A program that CRIU runs is not installed on the node; the message names it.",
            "Install it on the node, where CRIU finds it: iptables, iproute2, GNU tar or nft."),
        new("criu/config.c",
            [
                "Unsupported configuration file format", "invalid argument for -*", "Deprecated functionality (*) rejected",
                "Invalid value for --network-lock", "Unknown cgroups mode `*' selected", "Unknown FPU mode `*' selected",
                "Unknown file validation method `*' selected", "Failed while parsing --*", "Unable to parse value of --pre-dump-mode",
                "Unable to parse a value of --status-fd", "Failed to add action-script", "Failed to add skip-mnt", "Failed to add veth pair",
                "Could not add external * when initializing config", "Unsupported empty namespace",
                "Option --mntns-compat-mode is only valid on restore", "--restore-sibling only makes sense with --restore-detached",
                "Error: namespace flags conflict",
            ],
            "An option in the node's configuration of CRIU is wrong.",
            "Correct /etc/criu/runc.conf, crun.conf or default.conf on the node: one option without '--' on each line."),
        new("criu/config.c", ["CRIU was built without TLS support"],
            "The node's configuration of CRIU asks for TLS, which this CRIU does not have.",
            "Remove the option, or install a CRIU that is built with GnuTLS."),
        new("criu/log.c", ["Can't create log file *"],
            "CRIU cannot create its log.",
            "Correct 'log-file' in /etc/criu/runc.conf (crun: crun.conf) on the node: a file name without folders."),
        new("criu/crtools.c", ["Couldn't open image dir *"],
            "The folder for the images does not exist, or CRIU is not allowed to open it.",
            "Correct 'images-dir' in /etc/criu/runc.conf (crun: crun.conf) on the node; normally the runtime sets it."),
        new("criu/cr-service.c",
            [
                "images-dir or work-dir is required when using log file", "Neither images_dir_fd nor images_dir was passed by RPC client",
                "Can't chdir to work_dir", "No subdirs are allowed in log_file name",
            ],
            "The options that the runtime passes to CRIU conflict with those on the node.",
            "Remove 'images-dir', 'work-dir' and 'log-file' from /etc/criu/runc.conf (crun: crun.conf) on the node."),
        new("criu/cr-service.c", ["RPC client reported script error"], RuntimeHook, "See the logs of the runtime on the node."),
        new("criu/action-scripts.c", ["Script * exited with *"],
            "A script that the node's configuration of CRIU names (action-script) failed.",
            "See the script's messages before this line, or remove 'action-script' from /etc/criu/runc.conf (crun: crun.conf)."),
        new("criu/action-scripts.c",
            ["One of more action scripts failed"],
            RuntimeHook, "See the logs of the runtime on the node.", CriuMessageKind.Consequence),
        new("criu/cr-dump.c", ["Pre dump script failed with *"], RuntimeHook, "See the logs of the runtime on the node.", CriuMessageKind.Consequence),
        new("criu/cr-restore.c", ["Aborting restore due to * script ret code *", "Pre-resume script ret code *", "Post-resume script ret code *"],
            RuntimeHook, "See the logs of the runtime on the node.", CriuMessageKind.Consequence),

        // Plugins.
        new("criu/image.c", ["Missing required plugin: *"],
            "The checkpoint needs a plugin of CRIU that is not installed here.",
            "Install it on the node in CRIU's folder for plugins (/usr/lib/criu or /usr/local/lib/criu): cuda_plugin, amdgpu_plugin."),
        new("criu/plugin.c", ["Unable to load *.so: *", "Can't load plugin *", "Corrupted plugin *", "Failed in init(*) of *"],
            "A plugin of CRIU on the node cannot be loaded.",
            "Install plugins of the same version as CRIU, with the libraries that they need, or remove the plugin."),

        // Images.
        new("criu/image.c", ["Not supported images version *", "Too old image, no longer supported"],
            "The checkpoint was made by a version of CRIU whose images this one does not read.",
            "Install the version of CRIU that made the checkpoint; Get-CheckpointArchive shows it."),
        new("criu/image.c", ["magic doesn't match for *", "Magic doesn't match for *", "Img trimmed *", "Corrupted root cgset"], Damaged, FindDamage),
        new("criu/image.c", ["Unable to open *.img: No such file or directory"],
            "An image of the checkpoint is missing.", FindDamage),
        new("criu/protobuf.c", ["Unexpected EOF on *", "Failed unpacking object * from *", "Wrong object requested *"], Damaged, FindDamage),
        new("criu/cr-restore.c",
            [
                "Image corrupted on pid *", "Unknown image format", "Core task state data missed", "Core IDS data missed for non-zombie",
                "Core info data missed for non-zombie",
            ],
            Damaged, FindDamage),
        new("criu/pstree.c",
            [
                "Images corrupted or too old criu was used for dump", "No IDS for root task", "No kIDs provided, image corruption",
                "Image corruption on kIDs data", "Parent missed on non-root task with pid *",
            ],
            Damaged, FindDamage),
        new("criu/pagemap.c", ["Reached EOF unexpectedly while reading page from image", "Can't read mapping page *"], Damaged, FindDamage),
        new("criu/pie/restorer.c", ["Can't read pages data (*"], Damaged, FindDamage),
        new("criu/arch/x86/crtools.c", ["Corruption in * area (*", "Can't prepare rt_sigframe: registers mode corrupted"], Damaged, FindDamage),
        new("criu/files-reg.c", ["Corrupted ghost image -> no size", "Can't find target file *", "unknown remap type *"], Damaged, FindDamage),
        new("criu/files.c",
            ["Unknown file type *", "Empty list on file desc id *", "Can't find task cwd file", "Can't find task root file"],
            Damaged, FindDamage),
        new("criu/tty.c", ["No PTY data found (*", "PTY data found (*", "Corrupted master peer *", "Corrupted slave peer *"], Damaged, FindDamage),
        new("criu/mem.c", ["VMA-s are not sorted in the image file", "Page entry address * outside of VMA *"], Damaged, FindDamage),

        // What follows an error.
        new("criu/cr-dump.c",
            [
                "Dump * (pid: *) failed with", "Dump * signals failed *", "Dump * rseq failed *", "Fixup rseq for * failed *",
                "Collect fds (pid: *) failed with *", "Collect mappings (pid: *) failed with *", "Can't infect (pid: *) with parasite",
                "Can't dump misc (pid: *)", "Can't dump threads", "Can't dump thread for pid *", "Can't dump private signals for thread *",
                "Can't dump shared signals (pid: *)", "Can't get proc fd (pid: *)", "Failed to check aio rings (pid: *)",
                "Can't read posix timers file (pid: *)", "Can't stop daemon in parasite (pid: *)", "Can't fixup vdso VMAs (pid: *)",
                "Can't make * id for *", "Can't dump sigactions (pid: *)", "Can't dump itimers (pid: *)", "Can't dump posix timers (pid: *)",
                "Can't cure (pid: *) from parasite", "Pre-dumping files failed (pid: *)", "Pre-dumping FAILED.", "Dumping FAILED.",
                "Lazy pages transfer FAILED.",
            ],
            Consequence, SeeBefore, CriuMessageKind.Consequence),
        new("criu/mount.c", ["Unable to dump a file system for *", "A few mount points can't be mounted", "Can't parse * mountinfo"],
            Consequence, SeeBefore, CriuMessageKind.Consequence),
        new("criu/file-lock.c", ["Dump file lock failed!"], Consequence, SeeBefore, CriuMessageKind.Consequence),
        new("criu/namespaces.c", ["Namespaces dumping finished with error *"], Consequence, SeeBefore, CriuMessageKind.Consequence),
        new("criu/seccomp.c",
            ["seccomp: Can't collect filter on *", "seccomp: Can't dump thread core on *"],
            Consequence, SeeBefore, CriuMessageKind.Consequence),
        new("criu/sk-tcp.c", ["libsoccr_save() failed with *", "Failed to unlock TCP connection *"], Consequence, SeeBefore, CriuMessageKind.Consequence),
        new("compel/src/lib/infect.c",
            [
                "Can't inject * (pid: *)", "Can't obtain regs for thread *", "Can't get thread area of *", "Can't switch parasite * to daemon mode *",
                "Parasite exited with *", "munmap failed (pid: *)",
            ],
            Consequence, SeeBefore, CriuMessageKind.Consequence),
        new("compel/src/lib/infect-rpc.c", ["Command * for daemon failed with *"], Consequence, SeeBefore, CriuMessageKind.Consequence),
        new("criu/cr-restore.c",
            [
                "Restoring FAILED.", "Killing processes because of failure on restore", " exited, status=*", " killed by signal *",
                " stopped by signal *", "* unexpectedly continued", "wait for * resulted in *", "Unable to restore rseq_cs state",
                "Unable to restore freezer state", "Can't stop all tasks on rt_sigreturn", "Failed to wait on helpers and zombies",
                "Child * died too early", "Can't catch all tasks", "Error while waiting for pids",
            ],
            Consequence, SeeBefore, CriuMessageKind.Consequence),
        new("criu/pie/restorer.c", ["Restorer fail *", "Restorer abnormal termination for *"], Consequence, SeeBefore, CriuMessageKind.Consequence),

        // What the kernel refuses, whatever CRIU was doing.
        new("", ["No space left on device", "Disk quota exceeded"],
            "The node's disk is full, or the tmpfs that the checkpoint is written to.",
            "Free space on the node: a checkpoint needs as much as the container's memory, temporarily twice as much."),
        new("", ["Cannot allocate memory"],
            "The node or the container has too little free memory, or a limit of its cgroup is reached.",
            "Free memory on the node, or raise the memory limit of the container."),
        new("", ["Too many open files"],
            "The limit of open files is reached.",
            "Raise LimitNOFILE of the container runtime's systemd unit, or fs.file-max on the node."),
        new("", ["Read-only file system"],
            "A file system that CRIU must write to is read-only.",
            "Make it writable for the checkpoint or the restore; the message names the file."),
        new("", ["Input/output error", "Stale file handle"],
            "A disk or network file system of the node fails.",
            "Check the node's disks and network file systems (dmesg)."),
        new("", ["No such process"],
            "A process of the container ended while CRIU worked on it.", TryAgain, CriuMessageKind.PassingCause),
        new("", ["Operation not permitted", "Permission denied"],
            "The kernel, a security module (SELinux, AppArmor) or a missing capability forbids what CRIU needs.",
            $"{RunAsRoot} SELinux and AppArmor report what they forbid in the node's audit log."),
        new("", ["Function not implemented", "Operation not supported", "Protocol not supported"],
            "The node's kernel or a file system lacks a feature that CRIU needs.", NewerKernel),
    ];
}

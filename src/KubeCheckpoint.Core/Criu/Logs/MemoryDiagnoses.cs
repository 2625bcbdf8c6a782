using static KubeCheckpoint.Criu.Logs.CriuAdvice;

namespace KubeCheckpoint.Criu.Logs;

/// <summary>Messages about memory, and about devices whose memory processes map.</summary>
internal static class MemoryDiagnoses
{
    private const string DeviceMemory = "A process has the memory of a device in its address space, such as that of a GPU, and no plugin of CRIU handles it.";

    private const string NoMapFiles = "CRIU is not allowed to open the files that a process has mapped (/proc/PID/map_files).";

    private const string UnknownVdso = "The kernel arranges its helper code in processes (vDSO) in a way that this version of CRIU does not know.";

    private const string NoTracking =
        "The node's kernel does not track which pages a process changes (CONFIG_MEM_SOFT_DIRTY), as incremental checkpoints need.";

    private const string CudaDriver =
        "Use a driver of version 555 or newer with cuda-checkpoint in PATH on the node. " +
        "Memory that is shared between processes (IPC), UVM, MPS and MIG are not supported.";

    public static CriuDiagnosis[] Known { get; } =
    [
        new("criu/proc_parse.c", ["handle_device_vma plugin failed", "Can't handle non-regular mapping on *"], DeviceMemory, DevicePlugin),
        new("criu/proc_parse.c", ["Unsupported mapping found", "Bogus mapping *", "Unexpected VMA met"],
            "A process has a mapping that CRIU cannot dump, usually the memory of a device such as a GPU.", DevicePlugin),
        new("criu/proc_parse.c", ["Unknown shit *"],
            "A process has a mapping of a kernel object that CRIU does not know.", NewerCriu),
        new("criu/proc_parse.c", ["Strange file mapped at *", "Failed to resolve mapping * filename"],
            "A process has a file mapped that CRIU cannot find by its path.",
            "Have the process close the mapping of the file that the message names; if it is a deleted or replaced library, restart the process."),
        new("criu/proc_parse.c", ["Can't open mapped [*", "Can't open *'s mapfile link *", "Can't open map_files"], NoMapFiles, RunAsRoot),
        new("criu/proc_parse.c", ["has uprobes vma"],
            "A process is traced by uprobes (perf, bpftrace, an eBPF agent on the node).",
            $"End the tracing, or put 'allow-uprobes' {Conf}, which the restore needs as well."),
        new("criu/image.c", ["Dumped with --allow-uprobes"],
            "The checkpoint was made with the option allow-uprobes, which the restore needs as well.",
            $"Put 'allow-uprobes' {Conf} where the restore runs."),
        new("criu/cr-dump.c", ["with SysVIPC shmem map * doesn't live in IPC ns"],
            "A process uses System V shared memory and shares the IPC namespace of the node.",
            "Run the pod without hostIPC."),
        new("criu/shmem.c", ["Sysv shmem * not supported", "Sysv shmem * with misordered attach chunks"],
            "System V shared memory is mapped only in part.",
            "Have the program map the whole segment."),
        new("criu/shmem.c", ["Can't find sysv shmem for *", "SysV shmem vma * points to anon vma *", "Shmem * already collected as SYSVIPC"],
            "A process uses a System V shared memory segment that CRIU does not find in the container's IPC namespace: it is deleted, or another container's.",
            "Have the program use POSIX shared memory (shm_open) or a segment that exists as long as it is mapped."),
        new("criu/ipc_ns.c",
            [
                "Failed to restore sem id", "Failed to restore msg id", "Failed to restore shm id", "Failed to set desired IPC sem ID",
                "Failed to set desired IPC msg ID", "Failed to set desired IPC shm ID",
            ],
            "A System V object needs an id that is in use here, or CRIU is not allowed to choose ids.",
            "Restore it in a pod of its own, whose IPC namespace is empty."),
        new("criu/ipc_ns.c", ["Unsupported message size: *"],
            "A System V message queue holds a message that is larger than this node allows.",
            "Raise kernel.msgmax on the node."),
        new("criu/cr-dump.c", ["Collect MADV_GUARD_INSTALL pages * failed"],
            "A process uses guard pages (MADV_GUARD_INSTALL, as glibc 2.42 does), and the node's kernel does not report them.",
            "Use a kernel of 6.15 or newer."),
        new("criu/kerndat.c", ["doesn't support PAGE_IS_GUARD flag"],
            "The node's kernel does not report guard pages (MADV_GUARD_INSTALL), which glibc 2.42 and newer use.",
            "Nothing, if no error follows; otherwise use a kernel of 6.15 or newer.",
            CriuMessageKind.Harmless),
        new("criu/mem.c", ["Can't reset * dirty memory tracker"], NoTracking, "Make a full checkpoint."),
        new("criu/config.c", ["Tracking memory is not available"], NoTracking, "Make a full checkpoint."),
        new("criu/page-xfer.c", ["No parent image found, though parent directory is set", "Missing * in parent pagemap"],
            "The checkpoint is incremental: unchanged pages are in its parent, which is missing.",
            "Put the parent checkpoint where the link 'parent' in the images' folder points."),
        new("criu/pagemap.c", ["No parent for snapshot pagemap"],
            "The checkpoint is incremental: unchanged pages are in its parent, which is missing.",
            "Put the parent checkpoint where the link 'parent' in the images' folder points."),
        new("compel/arch/x86/src/lib/infect.c", ["Can't dump task * running in 32-bit mode"],
            "A process runs a 32-bit program, which this CRIU does not support.",
            "Use a 64-bit build of the program, or a CRIU that is built with CONFIG_COMPAT."),
        new("compel/arch/x86/src/lib/infect.c", ["Can't dump task * with LDT descriptors"],
            "A process uses its own segment descriptors (LDT), as Wine and some 32-bit programs do.",
            "There is no way to dump it; use a 64-bit build of the program."),
        new("criu/vdso.c",
            [
                "Can't find vDSO/VVAR bounds", "Got second vDSO entry", "Got second VVAR entry", "VVAR and VVAR_VCLOCK entries are not subsequent",
                "Unexpected rt vDSO area bounds", "Can't find rt vDSO", "Failed checking vdso by pfn", "Kdat sizes of vdso/vvar differ to maps file",
            ],
            UnknownVdso, NewerCriu),
        new("criu/proc_parse.c", ["two nonconsecutive vvar vma-s"], UnknownVdso, NewerCriu),
        new("criu/pie/parasite-vdso.c", ["vDSO isn't provided by kernel, but exists in images"],
            "The kernel here has no vDSO, which the process uses.",
            "Boot the node without vdso=0."),

        // GPUs.
        new("plugins/cuda/cuda_plugin.c",
            [
                "cuda-checkpoint exited improperly", "cuda-checkpoint unexpectedly signaled", "Failed to launch cuda-checkpoint to retrieve *",
                "CHECKPOINT_DEVICES failed with *", "PAUSE_DEVICES failed with *", "Failed to get CUDA state for PID *", "Unknown CUDA state: *",
            ],
            "NVIDIA's cuda-checkpoint could not save the state of a process on the GPU.", CudaDriver),
        new("plugins/cuda/cuda_plugin.c",
            ["RESUME_DEVICES RESTORE failed with *", "RESUME_DEVICES UNLOCK failed with *", "Could not resume cuda restore tid *"],
            "NVIDIA's cuda-checkpoint could not restore the state of a process on the GPU.",
            "Restore on a node with the same driver and the same number and kind of GPUs, all of them free."),
        new("plugins/cuda/cuda_plugin.c", ["cuda-checkpoint --action flag not supported", "check that * is present in $PATH"],
            "The CUDA plugin of CRIU disabled itself: the driver or cuda-checkpoint is missing or too old.",
            "Nothing, if the container uses no NVIDIA GPU; otherwise install a driver of version 555 or newer and cuda-checkpoint on the node."),
        new("plugins/amdgpu/amdgpu_plugin.c", ["CR not supported on current kernel *"],
            "The amdgpu driver of the node's kernel cannot save the state of processes.",
            "Use a kernel whose amdgpu driver supports checkpoints (CONFIG_HSA_AMD, 5.18 or newer)."),
        new("plugins/amdgpu/amdgpu_plugin_topology.c",
            [
                "Number of devices mismatch (*", "Number of xgmi groups mismatch (*", "Failed to match all GPU groups",
                "Failed to match remaining nodes",
            ],
            "The AMD GPUs here differ from those at the checkpoint.",
            "Restore on a node with the same number and kind of AMD GPUs, connected alike."),
        new("plugins/amdgpu/amdgpu_plugin.c",
            [
                "Failed to map GPUs", "Failed to parse local system topology", "Restore ioctl failed", "restore late ioctl failed",
                "Failed to restore (ret:*",
            ],
            "The state of a process on an AMD GPU cannot be restored here.",
            "Restore on a node with the same driver and the same number and kind of AMD GPUs, all of them free."),
        new("plugins/amdgpu/amdgpu_plugin_topology.c", ["Check user is in \"video\" group"],
            "CRIU is not allowed to open the AMD GPU.",
            "Give the container its GPU, and run the container runtime as root."),
        new("plugins/amdgpu/amdgpu_plugin_dmabuf.c", ["Not all dma buffers have been dumped"],
            "Processes share GPU buffers with a process outside of the container.",
            "End the sharing before the checkpoint."),
        new("plugins/amdgpu/amdgpu_plugin.c",
            [
                "Failed to call dumper (process) ioctl", "Failed to call process info ioctl", "failed to open kfd in plugin",
                "KFD file descriptor not valid in this process", "Failed to dump (ret:*",
            ],
            "The amdgpu driver could not save the state of a process on the GPU.",
            "Use matching versions of the kernel's amdgpu driver, of ROCm in the container and of CRIU's amdgpu_plugin."),
        new("plugins/amdgpu/amdgpu_plugin_drm.c", ["Can't handle VMA mapping of input device", "Error Failed to call * ioctl"],
            "The amdgpu driver could not save or restore the memory of a process on the GPU.",
            "Use matching versions of the kernel's amdgpu driver, of ROCm in the container and of CRIU's amdgpu_plugin."),

        // Restore.
        new("criu/mem.c", ["Can't restore high memory region *"],
            "A process uses addresses that the kernel here does not have (another page table depth).",
            "Restore on a node with the same kernel configuration."),
        new("criu/cr-restore.c", ["No suitable area for task_restore bootstrap"],
            "The address space of a process has no room for CRIU's own code.",
            "There is no way to restore this checkpoint; take another while the process uses less address space."),
        new("criu/pie/restorer.c", ["Can't restore * mapping with *", "Unable to map a guard page *", "Unable to remap * -> *"],
            "The memory of a process cannot be mapped.",
            "Restore with the same image and volumes; raise the memory limit of the container, or vm.max_map_count and vm.overcommit_memory on the node."),
        new("criu/pie/restorer.c",
            [
                "MADV_GUARD_INSTALL) failed with *", "Can't restore membarrier(1 << *", "sys_prctl(PR_SET_MM, PR_SET_MM_MAP) failed with *",
                "Compatible mode without vdso map support", "Task had vdso, restorer doesn't",
            ],
            "A process needs a feature of the kernel that the kernel here does not have.", NewerKernel),
        new("criu/mem.c", ["Unable to reserve memory", "Unable to remap a private vma", "Unable to map ANON_VMA"],
            "The memory of a process cannot be reserved.",
            "Raise the memory limit of the container, or vm.max_map_count and vm.overcommit_memory on the node."),
        new("criu/arch/x86/cpu.c", ["do not match run time"],
            "The processor lacks instructions that were available when the process started.", SameProcessor),
        new("criu/arch/x86/cpu.c", ["FPU feature required by image", "CPU xfeatures has unsupported bits"],
            "The processor lacks registers that the process uses, such as AVX-512.", SameProcessor),
        new("criu/arch/x86/cpu.c", ["CPU xsave * mismatch"],
            "The size of the processor's register state differs from that in the checkpoint.",
            "Restore on a node with the same processor (or CPU model of the hypervisor)."),
        new("criu/arch/x86/crtools.c", ["FPU xsave area present, but host cpu doesn't support it"],
            "The processor lacks registers that the process uses, such as AVX-512.", SameProcessor),
        new("criu/arch/x86/shstk.c", ["Restoring task with shadow stack on non-CET machine"],
            "The process uses a shadow stack (CET), which the processor here does not have.", SameProcessor),
        new("criu/arch/aarch64/crtools.c", ["PACG support is required from the source system."],
            "The process uses pointer authentication, which the processor here does not have.", SameProcessor),
        new("criu/cr-restore.c", ["Core march mismatch *"],
            "The checkpoint was taken on another processor architecture.",
            "Restore on a node of that architecture."),
    ];
}

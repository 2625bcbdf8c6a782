namespace KubeCheckpoint;

/// <summary>The kind of a memory map (CRIU, criu/include/image.h, VMA_*).</summary>
public enum MemoryMapKind
{
    /// <summary>Private memory without a file.</summary>
    Anonymous,

    /// <summary>The heap that brk(2) moves.</summary>
    Heap,

    /// <summary>The stack of the main thread. Those of other threads are anonymous memory.</summary>
    Stack,

    /// <summary>A shadow stack, which holds return addresses.</summary>
    ShadowStack,

    /// <summary>A file, mapped privately: writes stay in the process.</summary>
    File,

    /// <summary>A file, shared: writes go to the file.</summary>
    SharedFile,

    /// <summary>Shared memory without a file.</summary>
    SharedAnonymous,

    /// <summary>A segment of System V shared memory.</summary>
    SystemVIpc,

    /// <summary>A file that exists in memory only (memfd_create(2)).</summary>
    Memfd,

    /// <summary>Code that the kernel provides to the process.</summary>
    Vdso,

    /// <summary>Data that the kernel provides to the process. CRIU merges what /proc shows as [vvar] and [vvar_vclock].</summary>
    Vvar,

    /// <summary>The page of system calls at the end of the address space, on x86-64.</summary>
    Vsyscall,

    /// <summary>A ring of asynchronous I/O (io_setup(2)).</summary>
    AioRing,

    /// <summary>The ring of a packet socket.</summary>
    Socket,

    /// <summary>Code the kernel places probes with.</summary>
    Uprobes,
}

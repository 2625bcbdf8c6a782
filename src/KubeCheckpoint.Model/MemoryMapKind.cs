namespace KubeCheckpoint;

/// <summary>What a memory map shows (CRIU, criu/include/image.h, VMA_*).</summary>
public enum MemoryMapKind
{
    /// <summary>Memory of the process's own, of no file.</summary>
    Anonymous,

    /// <summary>The heap that brk(2) moves.</summary>
    Heap,

    /// <summary>The stack of the main thread. Those of other threads are anonymous memory.</summary>
    Stack,

    /// <summary>A shadow stack, which holds return addresses.</summary>
    ShadowStack,

    /// <summary>A file; what is written to it stays with the process.</summary>
    File,

    /// <summary>A file; what is written to it goes into the file.</summary>
    SharedFile,

    /// <summary>Memory of no file that processes share.</summary>
    SharedAnonymous,

    /// <summary>A segment of System V shared memory.</summary>
    SystemVIpc,

    /// <summary>A file that exists in memory only (memfd_create(2)).</summary>
    Memfd,

    /// <summary>Code the kernel lends to the process.</summary>
    Vdso,

    /// <summary>Data the kernel lends to the process. CRIU makes one of what /proc shows as [vvar] and [vvar_vclock].</summary>
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

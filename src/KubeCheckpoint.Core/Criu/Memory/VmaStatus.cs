namespace KubeCheckpoint.Criu.Memory;

/// <summary>The bits of vma_entry.status (CRIU, criu/include/image.h).</summary>
[Flags]
internal enum VmaStatus : uint
{
    None = 0,
    Regular = 1 << 0,
    Stack = 1 << 1,
    Vsyscall = 1 << 2,
    Vdso = 1 << 3,
    Heap = 1 << 5,
    FilePrivate = 1 << 6,
    FileShared = 1 << 7,
    AnonymousShared = 1 << 8,
    AnonymousPrivate = 1 << 9,
    SystemVIpc = 1 << 10,
    Socket = 1 << 11,
    Vvar = 1 << 12,
    AioRing = 1 << 13,
    Memfd = 1 << 14,
    ShadowStack = 1 << 15,
    Guard = 1 << 16,
    Uprobes = 1 << 17,
    ExternalPlugin = 1 << 27,
    Unsupported = 1u << 31,
}

using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Criu.Memory;

/// <summary>A map of an address space, as its vma_entry describes it.</summary>
internal sealed record Vma(VmaEntry Entry)
{
    public ulong Start => Entry.Start;

    public ulong End => Entry.End;

    public VmaStatus Status => (VmaStatus)Entry.Status;

    /// <summary>
    /// Whether its pages are in a pagemap of their own: anonymous shared memory, System V segments, shared maps of a memfd.
    /// </summary>
    public bool IsSharedMemory => (Status & (VmaStatus.AnonymousShared | VmaStatus.SystemVIpc)) != 0
        || (Status & (VmaStatus.Memfd | VmaStatus.FileShared)) == (VmaStatus.Memfd | VmaStatus.FileShared);

    /// <summary>Whether it is a map of a file.</summary>
    public bool IsOfFile => (Status & (VmaStatus.FilePrivate | VmaStatus.FileShared)) != 0;

    /// <summary>Whether it is a stack that grows downwards (MAP_GROWSDOWN).</summary>
    public bool GrowsDown => (Entry.Flags & 0x100) != 0;

    /// <summary>Whether it only marks guard pages inside another map (MADV_GUARD_INSTALL).</summary>
    public bool IsGuard => (Status & VmaStatus.Guard) != 0;
}

using System.Globalization;
using KubeCheckpoint.Criu.Memory;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Archives.Contents;

/// <summary>The names of the maps of a process, as /proc/PID/maps shows them.</summary>
internal sealed class MapNames(CheckpointImages images, MmEntry memory)
{
    // Linux, include/uapi/asm-generic/mman-common.h and mman.h.
    private const uint CanRead = 1;
    private const uint CanWrite = 2;
    private const uint CanExecute = 4;
    private const uint IsShared = 1;

    // The name that the kernel, and CRIU among the memfds, gives to the file behind anonymous shared memory.
    private const string AnonymousFile = "/dev/zero";

    private (Vma? Map, string Name) _last;

    /// <summary>The path of the file, or a name in brackets.</summary>
    public string NameOf(Vma map)
    {
        if (!ReferenceEquals(_last.Map, map))
            _last = (map, FindName(map));
        return _last.Name;
    }

    /// <summary>Its permissions, such as <c>rw-p</c>.</summary>
    public static string PermissionsOf(Vma map) => string.Create(4, map.Entry, static (text, entry) =>
    {
        text[0] = (entry.Prot & CanRead) != 0 ? 'r' : '-';
        text[1] = (entry.Prot & CanWrite) != 0 ? 'w' : '-';
        text[2] = (entry.Prot & CanExecute) != 0 ? 'x' : '-';
        text[3] = (entry.Flags & IsShared) != 0 ? 's' : 'p';
    });

    private string FindName(Vma map)
    {
        if ((map.Status & VmaStatus.Memfd) != 0)
            return FindMemfd(map) is not { } memfd ? "[memfd]" : memfd.Name == AnonymousFile ? "[shmem]" : $"/memfd:{memfd.Name}";
        if ((map.Status & (VmaStatus.FilePrivate | VmaStatus.FileShared)) != 0)
            return images.Files.GetValueOrDefault((uint)map.Entry.Shmid)?.Reg?.Name ?? "[file]";
        return FindKind(map) ?? (IsStack(map) ? "[stack]" : "[anon]");
    }

    private static string? FindKind(Vma map) => map.Status switch
    {
        var status when (status & VmaStatus.Heap) != 0 => "[heap]",
        var status when (status & VmaStatus.Vdso) != 0 => "[vdso]",
        var status when (status & VmaStatus.Vvar) != 0 => "[vvar]",
        var status when (status & VmaStatus.Vsyscall) != 0 => "[vsyscall]",
        var status when (status & VmaStatus.SystemVIpc) != 0 => string.Create(CultureInfo.InvariantCulture, $"[sysv:{map.Entry.Shmid}]"),
        var status when (status & VmaStatus.AnonymousShared) != 0 => "[shmem]",
        var status when (status & VmaStatus.AioRing) != 0 => "[aio]",
        var status when (status & VmaStatus.Socket) != 0 => "[socket]",
        _ => null,
    };

    private bool IsStack(Vma map) => map.GrowsDown
        || (memory.HasMmStartStack && map.Start <= memory.MmStartStack && memory.MmStartStack < map.End);

    private MemfdInodeEntry? FindMemfd(Vma map) =>
        images.Files.GetValueOrDefault((uint)map.Entry.Shmid)?.Memfd is { } memfd ? images.MemfdInode(memfd.InodeId) : null;
}

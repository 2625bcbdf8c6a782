using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.Processes;
using KubeCheckpoint.Criu.Memory;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Archives.MemoryMaps;

/// <summary>Describes the maps of one process.</summary>
internal sealed class ProcessMaps
{
    // Linux, include/uapi/asm-generic/mman-common.h.
    private const uint Readable = 1;
    private const uint Writable = 2;
    private const uint Executable = 4;
    private const uint Shared = 1;

    private readonly CheckpointImages _images;
    private readonly MapPaths _paths;
    private readonly TaskNode _task;
    private readonly AddressSpace _memory;
    private readonly MmEntry _mm;
    private readonly List<(ulong Start, ulong End)> _guards;
    private int _nextGuard;

    public ProcessMaps(CheckpointImages images, MapPaths paths, TaskNode task, AddressSpace memory)
    {
        _images = images;
        _paths = paths;
        _task = task;
        _memory = memory;
        _mm = images.Mm(task.Entry.Pid)!;
        _guards = Guards(_mm);
    }

    /// <summary>Describes a map; they must come in ascending order.</summary>
    public CheckpointMemoryMap Describe(Vma map)
    {
        var kind = KindOf(map);
        var (path, isDeleted) = _paths.Find(map, kind, _task.Entry.Pid);
        var (stored, missing) = _memory.Count(map);
        return new CheckpointMemoryMap
        {
            ArchivePath = _images.Content.Path,
            ProcessId = _task.Id,
            ProcessName = _task.Name,
            Start = map.Start,
            End = map.End,
            Permissions = Permissions(map.Entry),
            Kind = kind,
            Path = path,
            FileOffset = (long)map.Entry.Pgoff,
            IsDeleted = isDeleted,
            IsAnonymousExecutable = (map.Entry.Prot & Executable) != 0 && (isDeleted || IsOfNoFile(kind)),
            StoredSize = stored,
            SharedStoredSize = map.IsSharedMemory ? stored : 0,
            MissingSize = missing,
            GuardSize = Guarded(map),
            GrowsDown = map.GrowsDown,
            Advice = AdviceNames.Of(map.Entry.Madv),
        };
    }

    private static bool IsOfNoFile(MemoryMapKind kind) => kind is MemoryMapKind.Anonymous or MemoryMapKind.Heap or MemoryMapKind.Stack
        or MemoryMapKind.SharedAnonymous or MemoryMapKind.SystemVIpc or MemoryMapKind.Memfd;

    private static string Permissions(VmaEntry map) => string.Concat(
        (map.Prot & Readable) != 0 ? 'r' : '-',
        (map.Prot & Writable) != 0 ? 'w' : '-',
        (map.Prot & Executable) != 0 ? 'x' : '-',
        (map.Flags & Shared) != 0 ? 's' : 'p');

    private MemoryMapKind KindOf(Vma map) => map.Status switch
    {
        var status when Has(status, VmaStatus.Vsyscall) => MemoryMapKind.Vsyscall,
        var status when Has(status, VmaStatus.Vdso) => MemoryMapKind.Vdso,
        var status when Has(status, VmaStatus.Vvar) => MemoryMapKind.Vvar,
        var status when Has(status, VmaStatus.Uprobes) => MemoryMapKind.Uprobes,
        var status when Has(status, VmaStatus.AioRing) => MemoryMapKind.AioRing,
        var status when Has(status, VmaStatus.Socket) => MemoryMapKind.Socket,
        var status when Has(status, VmaStatus.SystemVIpc) => MemoryMapKind.SystemVIpc,
        var status when Has(status, VmaStatus.Memfd) => _paths.IsAnonymous(map) ? MemoryMapKind.SharedAnonymous : MemoryMapKind.Memfd,
        var status when Has(status, VmaStatus.AnonymousShared) => MemoryMapKind.SharedAnonymous,
        var status when Has(status, VmaStatus.FileShared) => MemoryMapKind.SharedFile,
        var status when Has(status, VmaStatus.FilePrivate) => MemoryMapKind.File,
        var status when Has(status, VmaStatus.ShadowStack) => MemoryMapKind.ShadowStack,
        var status when Has(status, VmaStatus.Heap) || IsHeap(map) => MemoryMapKind.Heap,
        var status when Has(status, VmaStatus.Stack) || IsStack(map) => MemoryMapKind.Stack,
        _ => MemoryMapKind.Anonymous,
    };

    private static bool Has(VmaStatus status, VmaStatus flag) => (status & flag) != 0;

    // Linux, include/linux/mm.h, vma_is_initial_heap and vma_is_initial_stack. CRIU does not mark the stack.
    private bool IsHeap(Vma map) => map.Start < _mm.MmBrk && map.End > _mm.MmStartBrk;

    private bool IsStack(Vma map) => map.Start <= _mm.MmStartStack && map.End >= _mm.MmStartStack;

    // Guards follow the maps in the image, in no order, and are inside of them.
    private static List<(ulong Start, ulong End)> Guards(MmEntry mm)
    {
        var guards = new List<(ulong Start, ulong End)>();
        foreach (var guard in mm.Vmas.Where(entry => new Vma(entry).IsGuard && entry.End > entry.Start).OrderBy(entry => entry.Start))
        {
            var start = Math.Max(guard.Start, guards.Count > 0 ? guards[^1].End : 0);
            if (guard.End > start)
                guards.Add((start, guard.End));
        }
        return guards;
    }

    private long Guarded(Vma map)
    {
        while (_nextGuard < _guards.Count && _guards[_nextGuard].End <= map.Start)
            _nextGuard++;
        var total = 0L;
        for (var i = _nextGuard; i < _guards.Count && _guards[i].Start < map.End; i++)
            total += (long)(Math.Min(_guards[i].End, map.End) - Math.Max(_guards[i].Start, map.Start));
        return total;
    }
}

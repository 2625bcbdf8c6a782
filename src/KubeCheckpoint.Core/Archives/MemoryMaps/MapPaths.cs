using System.Globalization;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.Processes;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Memory;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Archives.MemoryMaps;

/// <summary>Names maps as <c>/proc/PID/maps</c> does.</summary>
internal sealed class MapPaths(CheckpointImages images)
{
    // The kernel creates anonymous shared memory as a file with this name (mm/shmem.c, shmem_zero_setup), and CRIU treats it as a memfd.
    private const string SharedAnonymous = "/dev/zero";

    private readonly FilePaths _files = new(images);
    private readonly Dictionary<uint, Dictionary<uint, uint>> _keys = [];

    /// <summary>The path of a map and whether its file was deleted.</summary>
    public (string? Path, bool IsDeleted) Find(Vma map, MemoryMapKind kind, uint processId) => kind switch
    {
        MemoryMapKind.File or MemoryMapKind.SharedFile => (_files.Find((uint)map.Entry.Shmid), _files.IsDeleted((uint)map.Entry.Shmid)),
        MemoryMapKind.Memfd => (FindMemfd(map) is { HasName: true } memfd ? "/memfd:" + memfd.Name : null, false),
        MemoryMapKind.SharedAnonymous => (SharedAnonymous, false),
        MemoryMapKind.SystemVIpc => ("/SYSV" + Key(map, processId).ToString("x8", CultureInfo.InvariantCulture), false),
        MemoryMapKind.Heap => ("[heap]", false),
        MemoryMapKind.Stack => ("[stack]", false),
        MemoryMapKind.ShadowStack => ("[shadow stack]", false),
        MemoryMapKind.Vdso => ("[vdso]", false),
        MemoryMapKind.Vvar => ("[vvar]", false),
        MemoryMapKind.Vsyscall => ("[vsyscall]", false),
        MemoryMapKind.Uprobes => ("[uprobes]", false),
        MemoryMapKind.AioRing => ("/[aio]", false),
        MemoryMapKind.Socket => ("socket:", false),
        _ => ("[anon]", false),
    };

    /// <summary>Whether what CRIU calls a memfd is anonymous shared memory.</summary>
    public bool IsAnonymous(Vma map) => FindMemfd(map)?.Name == SharedAnonymous;

    private MemfdInodeEntry? FindMemfd(Vma map) =>
        images.Files.GetValueOrDefault((uint)map.Entry.Shmid)?.Memfd is { } file ? images.MemfdInode(file.InodeId) : null;

    private uint Key(Vma map, uint processId)
    {
        var space = images.Ids(processId)?.IpcNsId ?? 0;
        if (!_keys.TryGetValue(space, out var keys))
            _keys.Add(space, keys = ReadKeys(space));
        return keys.GetValueOrDefault((uint)map.Entry.Shmid);
    }

    private Dictionary<uint, uint> ReadKeys(uint space)
    {
        var keys = new Dictionary<uint, uint>();
        var type = CriuImageType.ByName["IPCNS_SHM"];
        if (images.Content.FindImage(CheckpointImages.Name("ipcns-shm", space)) is not { } member)
            return keys;
        var reader = images.Content.OpenImage(member, type);
        while (reader.TryReadMessage(type.Parser, out var message))
        {
            var segment = (IpcShmEntry)message;
            keys[segment.Desc?.Id ?? 0] = segment.Desc?.Key ?? 0;
            // CRIU, criu/ipc_ns.c: the segment's bytes follow, padded to 4, unless they are in a pagemap.
            if (!segment.InPagemaps)
                reader.SkipPayload((long)Math.Min(segment.Size, long.MaxValue - 3) + 3 & ~3L);
        }
        return keys;
    }
}

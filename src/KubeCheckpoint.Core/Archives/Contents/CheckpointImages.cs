using System.Globalization;
using Google.Protobuf;
using KubeCheckpoint.Criu;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Memory;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Archives.Contents;

/// <summary>
/// The CRIU images of a checkpoint as messages, each read on first use and cached: those of single processes until those of many others have been
/// read. Not thread-safe.
/// </summary>
internal sealed class CheckpointImages(CheckpointContent content)
{
    private const int UsualPageSize = 4096;

    // A map, its place in the list, and what sorting it took.
    private const long MapCost = 96;

    private const int BytesPerStep = 64;
    private const int StepsPerDescriptor = 16;

    // How many processes may have no image: PID_MAX of most nodes, twice.
    private const int ProcessesWithoutImage = 65536;

    // Readers go through the processes one by one, some of them twice.
    private const int MostOfProcesses = 4096;

    private static readonly string[] OfProcesses = ["core-", "ids-", "mm-", "vmas-", "fs-", "creds-", "memory-", "fdinfo-", "tcp-stream-"];

    private readonly Dictionary<string, (object? Value, long Cost)> _read = new(StringComparer.Ordinal);
    private readonly Queue<string> _ofProcesses = new();

    // What was drawn for everything that is cached.
    private long _cost;

    private readonly Dictionary<string, string> _pagesFiles = new(StringComparer.Ordinal);
    private readonly Dictionary<uint, uint> _descriptorOwners = [];
    private IReadOnlyList<PstreeEntry>? _tasks;
    private Dictionary<uint, FileEntry>? _files;
    private Dictionary<ulong, MemfdInodeEntry>? _memfds;
    private int? _pageSize;

    public CheckpointContent Content { get; } = content;

    /// <summary>The processes, parents before their children.</summary>
    /// <exception cref="KubeCheckpointException">ArchiveMemberMissing, ImagesNotInArchive or PreCheckpointOnly where there is no pstree.img.</exception>
    public IReadOnlyList<PstreeEntry> Tasks => _tasks ??= ReadTasks();

    /// <summary>The inventory of the dump.</summary>
    public InventoryEntry? Inventory => ReadFirst<InventoryEntry>("inventory.img", CriuImageType.Inventory);

    /// <summary>The open files of all processes by their id: from files.img, or from one image for each type as older CRIU wrote them.</summary>
    public IReadOnlyDictionary<uint, FileEntry> Files => _files ??= ReadFiles();

    /// <summary>Registers and state of a task or thread.</summary>
    public CoreEntry? Core(uint threadId) => ReadFirst<CoreEntry>(Name("core", threadId), CriuImageType.Core);

    /// <summary>Like <see cref="Core"/>, without caching: processes may have very many threads.</summary>
    public CoreEntry? ReadCore(uint threadId) =>
        Content.FindImage(Name("core", threadId)) is { } member ? Content.OpenImage(member, CriuImageType.Core).ReadMessage<CoreEntry>() : null;

    /// <summary>The ids of the kernel objects of a process, which it may share with others.</summary>
    public TaskKobjIdsEntry? Ids(uint processId) =>
        ReadFirst<TaskKobjIdsEntry>(Name("ids", processId), CriuImageType.Ids) ?? Core(processId)?.Ids;

    /// <summary>The address space of a process; none for a zombie.</summary>
    public MmEntry? Mm(uint processId) => ReadFirst<MmEntry>(Name("mm", processId), CriuImageType.Mm);

    /// <summary>The working directory and root of a process; none for a zombie.</summary>
    public FsEntry? Fs(uint processId) => ReadFirst<FsEntry>(Name("fs", processId), CriuImageType.Fs);

    /// <summary>The descriptors of a process, in the order of the image; empty for a zombie.</summary>
    public IReadOnlyList<FdinfoEntry> Descriptors(uint processId)
    {
        if (Ids(processId) is not { } ids)
            return [];
        var name = Name("fdinfo", ids.FilesId);
        var descriptors = ReadAll<FdinfoEntry>(name, CriuImageType.Fdinfo) ?? [];
        // Processes may share a table, but few do.
        if (!_descriptorOwners.TryAdd(ids.FilesId, processId) && _descriptorOwners[ids.FilesId] != processId)
            Content.Archive.Budget.DrawWork(StepsPerDescriptor * (long)descriptors.Count, "descriptors that processes share", Content.MemberOf(name));
        return descriptors;
    }

    /// <summary>The mounts of a mount namespace.</summary>
    public IReadOnlyList<MntEntry> Mounts(uint mountNamespaceId) =>
        ReadAll<MntEntry>(Name("mountpoints", mountNamespaceId), CriuImageType.Mounts) ?? [];

    /// <summary>
    /// The page size in bytes: AT_PAGESZ of the first process that has one; else the size with which a pagemap matches its pages file;
    /// else 4096.
    /// </summary>
    public int PageSize => _pageSize ??= FindPageSize();

    /// <summary>The memory of a process, or null for a zombie.</summary>
    public AddressSpace? Memory(uint processId) => Once(Name("memory", processId), () => ReadMemory(processId));

    /// <summary>The pages of a shared memory segment, or null where the archive has none.</summary>
    public PageStore? SharedMemory(ulong segmentId) =>
        ReadPages($"pagemap-shmem-{segmentId.ToString(CultureInfo.InvariantCulture)}.img");

    /// <summary>The number of the segment that a shared map refers to, or null.</summary>
    public ulong? SegmentOf(Vma map)
    {
        if (!map.IsSharedMemory)
            return null;
        if ((map.Status & VmaStatus.Memfd) == 0)
            return map.Entry.Shmid;
        return Files.GetValueOrDefault((uint)map.Entry.Shmid)?.Memfd is { } memfd ? MemfdInode(memfd.InodeId)?.Shmid : null;
    }

    /// <summary>The memfd of an inode id.</summary>
    public MemfdInodeEntry? MemfdInode(ulong inodeId) => (_memfds ??= ReadMemfds()).GetValueOrDefault(inodeId);

    /// <summary>All messages of an image without payload, or null where the archive has no such member.</summary>
    public IReadOnlyList<T>? ReadAll<T>(string name, CriuImageType type)
        where T : class, IMessage<T>
        => Once(name, () => Content.FindImage(name) is { } member ? Content.OpenImage(member, type).ReadAll<T>() : null);

    /// <summary>The first message of an image, or null where the archive has no such member.</summary>
    public T? ReadFirst<T>(string name, CriuImageType type)
        where T : class, IMessage<T>
        => Once(name, () => Content.FindImage(name) is { } member ? Content.OpenImage(member, type).ReadFirst<T>() : null);

    /// <summary>The name of an image of a kind: <c>core-1.img</c>.</summary>
    public static string Name(string kind, uint id) => string.Create(CultureInfo.InvariantCulture, $"{kind}-{id}.img");

    private T? Once<T>(string key, Func<T?> read)
        where T : class
    {
        if (_read.TryGetValue(key, out var known))
            return (T?)known.Value;
        // Reading may read other images, which are cached by themselves.
        var before = Content.Archive.Budget.MemoryLeft + _cost;
        var value = read();
        var cost = Math.Max(0, before - Content.Archive.Budget.MemoryLeft - _cost);
        _cost += cost;
        _read.Add(key, (value, cost));
        if (IsOfProcess(key))
            Remember(key);
        return value;
    }

    private void Remember(string key)
    {
        _ofProcesses.Enqueue(key);
        if (_ofProcesses.Count <= MostOfProcesses || !_read.Remove(_ofProcesses.Dequeue(), out var oldest))
            return;
        _cost -= oldest.Cost;
        Content.Archive.Budget.ReturnMemory(oldest.Cost);
    }

    // Pages of shared memory stay: that they were searched is known by the object.
    private static bool IsOfProcess(string key) =>
        Array.Exists(OfProcesses, kind => key.StartsWith(kind, StringComparison.Ordinal))
        || (key.StartsWith("pagemap-", StringComparison.Ordinal) && !key.StartsWith("pagemap-shmem-", StringComparison.Ordinal));

    // CRIU writes an image of its own for each process, so that there are not many more even where images are missing.
    private IReadOnlyList<PstreeEntry> ReadTasks()
    {
        var tasks = ReadAll<PstreeEntry>("pstree.img", CriuImageType.Pstree) ?? throw Content.WithoutImage("pstree.img");
        return tasks.Count <= Content.Members.Count + ProcessesWithoutImage
            ? tasks
            : throw CriuFailure.CriuImageDamaged(
                new CriuImageName(Content.Path, Content.MemberOf("pstree.img")),
                0,
                string.Create(CultureInfo.InvariantCulture, $"it has {tasks.Count} processes, and the archive {Content.Members.Count} members"));
    }

    private Dictionary<uint, FileEntry> ReadFiles()
    {
        var files = new Dictionary<uint, FileEntry>();
        foreach (var file in ReadAll<FileEntry>("files.img", CriuImageType.Files) ?? new FileImages(this).Read())
            files[file.Id] = file;
        return files;
    }

    private Dictionary<ulong, MemfdInodeEntry> ReadMemfds() =>
        (ReadAll<MemfdInodeEntry>("memfd.img", CriuImageType.MemfdInode) ?? []).DistinctBy(inode => inode.InodeId).ToDictionary(inode => inode.InodeId);

    private AddressSpace? ReadMemory(uint processId)
    {
        if (Mm(processId) is not { } mm)
            return null;
        var name = Name("mm", processId);
        var entries = mm.Vmas.Count > 0 ? mm.Vmas : ReadAll<VmaEntry>(Name("vmas", processId), CriuImageType.ByName["VMAS"]) ?? [];
        var maps = entries.Select(entry => new Vma(entry)).Where(map => !map.IsGuard).OrderBy(map => map.Start).ToList();
        for (var i = 0; i < maps.Count; i++)
        {
            if (maps[i].Start >= maps[i].End || maps[i].End - maps[i].Start > long.MaxValue || (i > 0 && maps[i].Start < maps[i - 1].End))
            {
                var image = new CriuImageName(Content.Path, Content.MemberOf(name));
                throw CriuFailure.CriuImageDamaged(image, 0, $"the map of 0x{maps[i].Start:x} is empty, too large or overlaps another");
            }
        }
        Content.Archive.Budget.DrawMemory(maps.Count * MapCost, "the memory maps of a process", Content.MemberOf(name));
        return new AddressSpace(
            maps,
            ReadPages(Name("pagemap", processId)),
            map => SegmentOf(map) is { } id ? SharedMemory(id) : null,
            Content.Archive.Budget);
    }

    private PageStore? ReadPages(string pagemapName) => Once(pagemapName, () =>
    {
        if (Content.FindImage(pagemapName) is not { } member)
            return null;
        var pagemap = Pagemap.Read(Content.OpenImage(member, CriuImageType.Pagemap), PageSize);
        Content.Archive.Budget.DrawMemory(pagemap.Cost, "the list of pages", member.Name);
        var pages = Content.FindPages(pagemap.PagesId)
            ?? new MissingPages(new CriuImageName(Content.Path, Content.MemberOf(Name("pages", pagemap.PagesId))));
        // CRIU writes a pages file for one pagemap. Others may name it, or a link to it, but not have it read again and again.
        var file = Content.Find(pages.Name.Member!)?.LinkedTo ?? pages.Name.Member!;
        if (!_pagesFiles.TryAdd(file, member.Name) && _pagesFiles[file] != member.Name)
            Content.Archive.Budget.DrawWork(Math.Min(pagemap.PayloadSize, pages.Length) / BytesPerStep, "pages that another pagemap has too", member.Name);
        return new PageStore(pagemap, pages);
    });

    private int FindPageSize()
    {
        if (Content.FindImage("pstree.img") is null)
            return UsualPageSize;
        foreach (var task in Tasks)
        {
            if (MmOrNull(task.Pid) is { } mm && new AuxiliaryVector(mm.MmSavedAuxv).PageSize is { } size)
                return size;
        }
        return GuessPageSize() ?? UsualPageSize;
    }

    // All processes have the same page size: if one image is damaged, another still has it.
    private MmEntry? MmOrNull(uint processId)
    {
        try
        {
            return Mm(processId);
        }
        catch (KubeCheckpointException failure) when (failure.ErrorId is nameof(CriuFailure.CriuImageDamaged) or nameof(CriuFailure.NotACriuImage))
        {
            return null;
        }
    }

    private int? GuessPageSize()
    {
        foreach (var task in Tasks)
        {
            if (Content.FindImage(Name("pagemap", task.Pid)) is not { } member)
                continue;
            var pagemap = Pagemap.Read(Content.OpenImage(member, CriuImageType.Pagemap), 1);
            var length = Content.FindPages(pagemap.PagesId)?.Length ?? 0;
            if (pagemap.PayloadSize > 0
                && length % pagemap.PayloadSize == 0
                && new AuxiliaryVector([6, (ulong)(length / pagemap.PayloadSize)]).PageSize is { } size)
            {
                return size;
            }
        }
        return null;
    }

    /// <summary>A pages file that is missing from the archive: reading from it fails.</summary>
    private sealed class MissingPages(CriuImageName name) : IPagesFile
    {
        public CriuImageName Name => name;

        public long Length => 0;

        public int Read(Span<byte> buffer, long offset) => throw ArchiveFailure.ArchiveMemberMissing(name.Path, name.Member!);
    }
}

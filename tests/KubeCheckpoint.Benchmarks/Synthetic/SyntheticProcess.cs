using System.Globalization;
using System.Text;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Benchmarks.Synthetic;

/// <summary>
/// A process of a synthetic archive: code that is not dumped, a heap, one large anonymous map, and a stack that ends with its arguments and
/// environment.
/// </summary>
internal sealed class SyntheticProcess
{
    private const int PageSize = SyntheticMemory.PageSize;
    private const ulong Code = 0x400000;
    private const ulong Heap = 0x1000_0000;
    private const int HeapPages = 32;
    private const ulong Large = 0x7000_0000_0000;
    private const ulong StackEnd = 0x7FFC_0000_0000;
    private const int StackPages = 33;
    private const int StackPresent = 4;
    private const int BufferPages = 256;

    private readonly SyntheticArchiveOptions _options;
    private readonly SyntheticMemory _memory;
    private readonly long _firstPage;
    private readonly long _largePages;
    private readonly byte[] _arguments;
    private readonly byte[] _environment;

    private SyntheticProcess(SyntheticArchiveOptions options, SyntheticMemory memory, uint id, long firstPage, long largePages)
    {
        _options = options;
        _memory = memory;
        _firstPage = firstPage;
        _largePages = largePages;
        Id = id;
        _arguments = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"/bin/synthetic\0--worker\0{id}\0"));
        _environment = Encoding.UTF8.GetBytes("PATH=/bin:/usr/bin\0HOSTNAME=synthetic\0APP_SECRET=synthetic-secret\0");
    }

    public uint Id { get; }

    public uint FilesId => Id + 1;

    public long PagesSize => (HeapPages + _largePages + StackPresent) * PageSize;

    private ulong ArgumentsStart => StackEnd - 16 - (ulong)(_arguments.Length + _environment.Length);

    private ulong EnvironmentStart => ArgumentsStart + (ulong)_arguments.Length;

    // With gaps between the runs, the map is larger than its pages.
    private ulong LargeEnd => Large + (ulong)(_largePages + Gaps) * PageSize;

    private long Gaps => _options.RunPages > 0 ? (_largePages - 1) / _options.RunPages : 0;

    public static IReadOnlyList<SyntheticProcess> Plan(SyntheticArchiveOptions options)
    {
        var memory = new SyntheticMemory(options.Seed);
        var pages = Math.Max(options.Processes, (options.MemorySize + PageSize - 1) / PageSize);
        return
        [
            .. Enumerable.Range(0, options.Processes).Select(index => new SyntheticProcess(
                options, memory, (uint)index + 1, pages * index / options.Processes, pages * (index + 1) / options.Processes - pages * index / options.Processes)),
        ];
    }

    public PstreeEntry Tree() => new() { Pid = Id, Ppid = Id == 1 ? 0u : 1u, Pgid = 1, Sid = 1, Threads = { Id } };

    public TaskKobjIdsEntry Ids() => new()
    {
        VmId = FilesId,
        FilesId = FilesId,
        FsId = FilesId,
        SighandId = FilesId,
        PidNsId = 9,
        NetNsId = 10,
        IpcNsId = 11,
        UtsNsId = 12,
        MntNsId = 13,
        UserNsId = 7,
        CgroupNsId = 8,
    };

    public CoreEntry Core() => new()
    {
        Mtype = CoreEntry.Types.March.X8664,
        ThreadInfo = new ThreadInfoX86
        {
            Fpregs = new UserX86FpregsEntry { StSpace = { new uint[32] }, XmmSpace = { new uint[64] } },
            Gpregs = new UserX86RegsEntry { Ip = Code + 0x1000, Sp = StackEnd - 0x1000, Cs = 0x33, Ss = 0x2B, Flags = 0x202 },
        },
        Tc = new TaskCoreEntry { TaskState = 1, Comm = Id == 1 ? "synthetic" : string.Create(CultureInfo.InvariantCulture, $"worker-{Id}") },
        Ids = Ids(),
        ThreadCore = new ThreadCoreEntry { Comm = "synthetic", Creds = new CredsEntry { Uid = 1000, Gid = 1000, Euid = 1000, Egid = 1000 } },
    };

    public static IEnumerable<FdinfoEntry> Descriptors() => [new FdinfoEntry { Id = 3, Type = FdTypes.Reg, Fd = 0, Flags = 0 }];

    public static IEnumerable<FileEntry> Files() =>
    [
        File(1, "/bin/synthetic", 0x81ED),
        File(2, "/", 0x416D),
        File(3, "/dev/null", 0x21B6),
    ];

    public MmEntry Mm() => new()
    {
        MmStartCode = Code,
        MmEndCode = Code + 8 * PageSize,
        MmStartBrk = Heap,
        MmBrk = Heap + HeapPages * PageSize,
        MmStartStack = StackEnd - 0x1000,
        MmArgStart = ArgumentsStart,
        MmArgEnd = EnvironmentStart,
        MmEnvStart = EnvironmentStart,
        MmEnvEnd = EnvironmentStart + (ulong)_environment.Length,
        ExeFileId = 1,
        Dumpable = 1,
        MmSavedAuxv = { 6, PageSize },
        Vmas =
        {
            Map(Code, Code + 8 * PageSize, 5, 2, 65, 1),
            Map(Heap, Heap + HeapPages * PageSize, 3, 34, 545, 0),
            Map(Large, LargeEnd, 3, 34, 513, 0),
            Map(StackEnd - StackPages * PageSize, StackEnd, 3, 290, 513, 0),
        },
    };

    public IEnumerable<PagemapEntry> Pagemap()
    {
        yield return Run(Heap, HeapPages);
        var run = _options.RunPages > 0 ? _options.RunPages : _largePages;
        for (var page = 0L; page < _largePages; page += run)
            yield return Run(AddressOf(page), Math.Min(run, _largePages - page));
        yield return Run(StackEnd - StackPresent * PageSize, StackPresent);
    }

    public void WritePages(Stream target)
    {
        var buffer = new byte[BufferPages * PageSize];
        WritePages(target, buffer, HeapPages, (page, bytes) => _memory.WritePage(long.MaxValue / 2 + Id * 64 + page, false, bytes));
        WritePages(target, buffer, _largePages, WriteLargePage);
        WritePages(target, buffer, StackPresent, WriteStackPage);
    }

    private void WriteLargePage(long page, Span<byte> bytes)
    {
        var number = _firstPage + page;
        _memory.WritePage(number, _options.IsChanged?.Invoke(number) ?? false, bytes);
        if (Id != 1)
            return;
        foreach (var (offset, text) in _options.Needles)
        {
            if (offset / PageSize == page)
                Encoding.UTF8.GetBytes(text, bytes[(int)(offset % PageSize)..]);
        }
    }

    private void WriteStackPage(long page, Span<byte> bytes)
    {
        bytes.Clear();
        if (page < StackPresent - 1)
            return;
        _arguments.CopyTo(bytes[^(int)(StackEnd - ArgumentsStart)..]);
        _environment.CopyTo(bytes[^(int)(StackEnd - EnvironmentStart)..]);
    }

    private static void WritePages(Stream target, byte[] buffer, long pages, WritePage write)
    {
        for (var page = 0L; page < pages;)
        {
            var count = (int)Math.Min(BufferPages, pages - page);
            for (var i = 0; i < count; i++, page++)
                write(page, buffer.AsSpan(i * PageSize, PageSize));
            target.Write(buffer, 0, count * PageSize);
        }
    }

    private ulong AddressOf(long page) => Large + (ulong)(page + (_options.RunPages > 0 ? page / _options.RunPages : 0)) * PageSize;

    private static PagemapEntry Run(ulong address, long pages) =>
        new() { Vaddr = address, CompatNrPages = 0, NrPages = (ulong)pages, Flags = 4 };

    private static VmaEntry Map(ulong start, ulong end, uint protection, uint flags, uint status, ulong file) =>
        new() { Start = start, End = end, Pgoff = 0, Shmid = file, Prot = protection, Flags = flags, Status = status, Fd = -1 };

    private static FileEntry File(uint id, string name, uint mode) => new()
    {
        Type = FdTypes.Reg,
        Id = id,
        Reg = new RegFileEntry { Id = id, Flags = 0, Pos = 0, Fown = new FownEntry { Uid = 0, Euid = 0, Signum = 0, PidType = 0, Pid = 0 }, Name = name, MntId = 157, Size = 0, Mode = mode },
    };

    private delegate void WritePage(long page, Span<byte> bytes);
}

using System.Globalization;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Criu;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Memory;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Archives.CoreDumps;

/// <summary>A process of a checkpoint, as needed for a core file.</summary>
internal sealed class CoreProcess
{
    private readonly CheckpointImages _images;
    private readonly Func<uint, CoreEntry> _readThread;

    private CoreProcess(CheckpointImages images, PstreeEntry task, CoreEntry core, AddressSpace memory, MmEntry mm)
    {
        _images = images;
        Task = task;
        Core = core;
        Memory = memory;
        Mm = mm;
        Registers = FindRegisters();
        _readThread = thread => images.Content.OpenImage(images.Content.RequireImage(NameOf(thread)), CriuImageType.Core).ReadMessage<CoreEntry>();
    }

    public PstreeEntry Task { get; }

    /// <summary>Registers and state of the main thread.</summary>
    public CoreEntry Core { get; }

    public AddressSpace Memory { get; }

    public MmEntry Mm { get; }

    public RegisterFormat Registers { get; }

    public int PageSize => _images.PageSize;

    /// <summary>Reads the images of a process.</summary>
    /// <exception cref="KubeCheckpointException">
    /// ArchiveMemberMissing where it has no core image, ProcessWithoutMemory for a zombie, CoreDumpNotSupported for its architecture.
    /// </exception>
    public static CoreProcess Open(CheckpointImages images, PstreeEntry task)
    {
        var core = images.Core(task.Pid) ?? throw ArchiveFailure.ArchiveMemberMissing(images.Content.Path, images.Content.MemberOf(NameOf(task.Pid)));
        if (images.Mm(task.Pid) is not { } mm || images.Memory(task.Pid) is not { } memory)
            throw MemoryFailure.ProcessWithoutMemory(images.Content.Path, (int)task.Pid, core.Tc?.Comm ?? "");
        return new CoreProcess(images, task, core, memory, mm);
    }

    /// <summary>The name of the core image of a thread in messages.</summary>
    public CriuImageName ImageOf(uint thread) => ImageOf(NameOf(thread));

    /// <summary>The name of an image in messages.</summary>
    public CriuImageName ImageOf(string image) => new(_images.Content.Path, _images.Content.MemberOf(image));

    /// <summary>
    /// The threads and their cores, the main one first. Each is read when it is enumerated: an archive can name a million.
    /// </summary>
    /// <exception cref="KubeCheckpointException">ArchiveMemberMissing, or CriuImageDamaged for a duplicate.</exception>
    public IEnumerable<(uint Id, CoreEntry Core)> Threads()
    {
        var seen = new HashSet<uint> { Task.Pid };
        yield return (Task.Pid, Core);
        foreach (var thread in Task.Threads.Where(thread => thread != Task.Pid))
        {
            if (!seen.Add(thread))
                throw CriuFailure.CriuImageDamaged(ImageOf("pstree.img"), 0, $"process {Task.Pid} lists thread {thread} twice");
            yield return (thread, _readThread(thread));
        }
    }

    /// <summary>The credentials of the main thread: from its core image, or from creds-*.img, as before CRIU 2.0.</summary>
    public CredsEntry? Credentials => Core.ThreadCore?.Creds
        ?? _images.ReadFirst<CredsEntry>(string.Create(CultureInfo.InvariantCulture, $"creds-{Task.Pid}.img"), CriuImageType.ByName["CREDS"]);

    /// <summary>The path of a mapped file as the kernel prints it, or null where no file is mapped.</summary>
    public string? FileOf(Vma map)
    {
        if ((map.Status & (VmaStatus.FilePrivate | VmaStatus.FileShared)) == 0 || map.Entry.Shmid > uint.MaxValue)
            return null;
        var file = _images.Files.GetValueOrDefault((uint)map.Entry.Shmid);
        if (file?.Reg is { } regular)
            return regular.Name;
        // CRIU stores anonymous shared memory as a memfd with this name. It is not a file that a debugger could open.
        return file?.Memfd is { } memfd && _images.MemfdInode(memfd.InodeId)?.Name is { } name && name != "/dev/zero" ? $"/memfd:{name} (deleted)" : null;
    }

    private static string NameOf(uint thread) => string.Create(CultureInfo.InvariantCulture, $"core-{thread}.img");

    private RegisterFormat FindRegisters()
    {
        var (path, id) = (_images.Content.Path, (int)Task.Pid);
        if (Core.ThreadInfo?.Gpregs?.Mode == UserX86RegsMode.Compat)
            throw MemoryFailure.CoreDumpNotSupported(path, id, "it is a 32-bit process on x86_64");
        return RegisterFormat.Find(Core.Mtype) ?? throw MemoryFailure.CoreDumpNotSupported(path, id, $"its architecture is {Core.Mtype}");
    }
}

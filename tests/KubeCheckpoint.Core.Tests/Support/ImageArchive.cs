using Google.Protobuf;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Core.Tests.Support;

/// <summary>Builds archives of CRIU images from messages, including some that CRIU would never write.</summary>
internal sealed class ImageArchive
{
    private readonly TarBuilder _tar = new TarBuilder().Checkpoint();

    public ImageArchive Add(string name, CriuImageType type, params IMessage[] messages) => Add(name, CriuImageBytes.Of(type, messages));

    public ImageArchive Add(string name, byte[] content)
    {
        _tar.Add("checkpoint/" + name, content);
        return this;
    }

    /// <summary>Adds a process with one thread, its maps, and its pages in the order of the pagemap.</summary>
    public ImageArchive AddProcess(CoreEntry core, MmEntry mm, PagemapEntry[] pagemap, byte[] pages) => this
        .Add("pstree.img", CriuImageType.Pstree, new PstreeEntry { Pid = 1, Pgid = 1, Sid = 1, Threads = { 1 } })
        .Add("core-1.img", CriuImageType.Core, core)
        .Add("mm-1.img", CriuImageType.Mm, mm)
        .Add("pagemap-1.img", CriuImageType.Pagemap, [new PagemapHead { PagesId = 1 }, .. pagemap])
        .Add("pages-1.img", pages);

    public byte[] End() => _tar.End();

    public static CoreEntry X86Core(ulong instruction = 0x401000) => new()
    {
        Mtype = CoreEntry.Types.March.X8664,
        ThreadInfo = new ThreadInfoX86 { Gpregs = new UserX86RegsEntry { Ip = instruction, Sp = 0x7ffc0000, Cs = 0x33, Ss = 0x2b } },
        Tc = new TaskCoreEntry { TaskState = 1, Comm = "made-up" },
    };
}

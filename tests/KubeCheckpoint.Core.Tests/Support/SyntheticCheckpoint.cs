using Google.Protobuf;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Core.Tests.Support;

/// <summary>Builds archives that no kernel has produced, from messages and pages.</summary>
internal sealed class SyntheticCheckpoint
{
    private readonly TarBuilder _tar = new TarBuilder().Checkpoint();
    private readonly List<PstreeEntry> _tasks = [];

    public SyntheticCheckpoint Add(string name, CriuImageType type, params IMessage[] messages) => Raw("checkpoint/" + name, CriuImageBytes.Of(type, messages));

    public SyntheticCheckpoint Raw(string name, byte[] content)
    {
        _tar.Add(name, content);
        return this;
    }

    public SyntheticCheckpoint Task(uint pid, uint parent, CoreEntry? core = null, params uint[] threads)
    {
        var entry = new PstreeEntry { Pid = pid, Ppid = parent, Pgid = 1, Sid = 1 };
        entry.Threads.AddRange(threads.Length > 0 ? threads : [pid]);
        _tasks.Add(entry);
        return core is null ? this : Add($"core-{pid}.img", CriuImageType.Core, core);
    }

    /// <summary>Adds a process with one anonymous map at an address, completely in the archive.</summary>
    public SyntheticCheckpoint Memory(uint pid, ulong address, byte[] bytes, MmEntry mm, int pageSize = 4096)
    {
        var pages = (bytes.Length + pageSize - 1) / pageSize;
        if (mm.Vmas.Count == 0)
            mm.Vmas.Add(new VmaEntry { Start = address, End = address + (ulong)(pages * pageSize), Prot = 3, Flags = 0x22, Status = 0x201 });
        if (pageSize != 4096)
            mm.MmSavedAuxv.AddRange([6, (ulong)pageSize]);
        return Add($"mm-{pid}.img", CriuImageType.Mm, mm)
            .Add($"pagemap-{pid}.img", CriuImageType.Pagemap, new PagemapHead { PagesId = pid }, new PagemapEntry { Vaddr = address, NrPages = (ulong)pages, Flags = 4 })
            .Raw($"checkpoint/pages-{pid}.img", [.. bytes, .. new byte[pages * pageSize - bytes.Length]]);
    }

    public byte[] End() => Add("pstree.img", CriuImageType.Pstree, [.. _tasks])._tar.End();

    public CheckpointContent Open() => CheckpointContent.Open(new ArchiveFile(new MemorySource(End())), CancellationToken.None);
}

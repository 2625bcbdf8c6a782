using KubeCheckpoint.Archives.Checks;
using KubeCheckpoint.Archives.Comparison;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.Expansion;
using KubeCheckpoint.Archives.Exports;
using KubeCheckpoint.Archives.FileChanges;
using KubeCheckpoint.Archives.Logs;
using KubeCheckpoint.Archives.MemoryMaps;
using KubeCheckpoint.Archives.Mounts;
using KubeCheckpoint.Archives.OpenFiles;
using KubeCheckpoint.Archives.Processes;
using KubeCheckpoint.Archives.Requirements;
using KubeCheckpoint.Archives.Search;
using KubeCheckpoint.Archives.Sockets;
using KubeCheckpoint.Archives.Statistics;
using KubeCheckpoint.Archives.Summaries;
using KubeCheckpoint.Criu;
using KubeCheckpoint.Criu.Documents;
using KubeCheckpoint.Images.Conversion;
using KubeCheckpoint.Images.Layers;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Fuzz.Targets;

/// <summary>All readers of archives.</summary>
internal static class ArchiveReaders
{
    private static readonly string[] Tasks = ["pstree", "core", "ids", "inventory"];

    private static readonly string[] Memory = ["pstree", "core", "mm", "pagemap", "pagemap-shmem", "pages", "pages-shmem", "files", "reg-files"];

    private static readonly string[] Descriptors =
    [
        "files", "fdinfo", "reg-files", "ns-files", "pipes", "pipes-data", "fifo", "fifo-data", "eventfd", "eventpoll", "eventpoll-tfd", "inotify", "inotify-wd",
        "fanotify", "fanotify-mark", "signalfd", "timerfd", "tty", "tty-info", "tty-data", "tunfile", "memfd", "bpfmap-file", "pidfd", "ext-files", "remap-fpath", "filelocks", "ghost-file",
    ];

    private static readonly string[] Sockets = ["files", "fdinfo", "inetsk", "unixsk", "netlinksk", "packetsk", "sk-queues", "tcp-stream"];

    private static readonly string[] Documents = ["config.dump", "spec.dump", "status", "status.dump", "network.status", "bind.mounts"];

    private static readonly string[] Changes = ["rootfs-diff.tar", "deleted.files"];

    private static readonly string[] ContainerLogs = ["container.log", "ctr.log", "io.kubernetes.cri-o.LogPath"];

    private static readonly ProcessQuery Everything = new() { IncludeEnvironment = true, AsTree = true };

    private static readonly MemorySearch[] Searches =
    [
        MemorySearch.Create(new MemorySearchOptions { Patterns = ["KC-[a-z]+", "PATH="] }),
        MemorySearch.Create(new MemorySearchOptions { Bytes = [0x7f, 0x45, 0x4c, 0x46] }),
    ];

    /// <summary>The readers.</summary>
    public static IReadOnlyList<ArchiveReader> All { get; } =
    [
        new("overview", [.. Documents, "core", "inventory"], input => Overview(input)),
        new("processes", [.. Tasks, .. Memory, "fs", "creds"], input => input.WithContent(content => Drain(CheckpointProcessReader.Read(content, Everything, input.Token)))),
        new("maps", [.. Tasks, .. Memory, "vmas"], input => input.WithContent(content => Drain(MemoryMapReader.Read(content, Any, input.Token)))),
        new("files", [.. Tasks, .. Descriptors, .. Sockets, "mountpoints", "fs"], input => input.WithImages(images => Drain(OpenFileReader.Read(images, Any, input.Token)))),
        new("sockets", [.. Tasks, .. Sockets, "netns"], input => input.WithImages(images => Drain(SocketReader.Read(images, Any, input.Token)))),
        new("mounts", ["mountpoints", "dump.log", "spec.dump", "bind.mounts", .. Tasks], input => input.WithImages(images => Drain(MountReader.Read(images, input.Token)))),
        new("statistics", ["stats-dump", "stats-restore"], input => input.WithContent(content => Drain(StatisticReader.Read(content)))),
        new("changes", Changes, input => WithArchive(input, archive => Drain(FileChangeReader.Read(archive, input.Token)))),
        new("container log", ContainerLogs, input => WithArchive(input, archive => Drain(CheckpointLogReader.ReadContainerLog(archive, input.Token)))),
        new("dump log", ["dump.log"], input => WithArchive(input, archive => Drain(CheckpointLogReader.ReadDumpLog(archive, input.Token)))),
        new("check", [.. Tasks, .. Memory, .. Descriptors, .. Sockets, "fs", "mountpoints"], input => Drain(ArchiveChecker.Check(input.Path, input.Token)), 4),
        new("restorable", [.. Tasks, "mountpoints", "netns", "tcp-stream", .. Descriptors], input => input.WithImages(images => RestorableImages.FindObstacle(images, input.Token))),
        new("compare", [.. Tasks, .. Memory, .. Changes, "mountpoints", "fdinfo"], input => Drain(ArchiveComparer.Compare(new ComparisonRequest(input.ReferencePath, input.Path), input.Token)), 12),
        new("search", [.. Tasks, .. Memory], Search, 8),
        new("export", [.. Tasks, .. Memory], Export, 8),
        new("core dump", [.. Tasks, .. Memory], WriteCoreDumps, 4),
        new("requirements", [.. Documents, .. Tasks, "dump.log", "mountpoints", "netns", "mm"], input => RestoreRequirementsReader.ReadAsync(input.Path, input.Token).GetAwaiter().GetResult(), 3),
        new("conversion", [.. Documents, .. Changes, .. ContainerLogs, "mountpoints", "files", "fdinfo", "netns", "seccomp", "inventory", "ext-files", "core"], Convert, 8),
        new("expansion", [], Expand, 6),
        new("layer", [], WriteLayer, 2),
        new("documents", [], WriteDocuments, 8),
    ];

    private static CheckpointArchive Overview(ArchiveInput input)
    {
        using var archive = input.Open();
        return CheckpointArchiveReader.Read(archive, input.Token);
    }

    private static void WithArchive(ArchiveInput input, Action<ArchiveFile> read)
    {
        using var archive = input.Open();
        read(archive);
    }

    private static void Search(ArchiveInput input)
    {
        foreach (var search in Searches)
        {
            var matches = search.FindAsync(input.Path, MemorySearchScope.All, _ => Task.CompletedTask, null, input.Token);
            Drain(matches.ToBlockingEnumerable());
        }
    }

    private static void Export(ArchiveInput input)
    {
        using var export = MemoryExport.Open(input.Path, input.Token);
        foreach (var process in export.Processes.Where(process => process.HasMemory).Take(3))
        {
            foreach (var range in export.FindMaps(process.Id, _ => true).Take(3))
            {
                export.WriteRange(process.Id, range, input.Place.PathOf("memory"), overwrite: true, null);
                Drain(export.ReadHexDump(process.Id, range).Take(1000));
            }
        }
    }

    private static void WriteCoreDumps(ArchiveInput input)
    {
        using var export = MemoryExport.Open(input.Path, input.Token);
        foreach (var process in export.Processes.Where(process => process.HasMemory).Take(3))
            export.WriteCoreDump(process.Id, input.Place.PathOf("core"), overwrite: true, null);
    }

    private static void Convert(ArchiveInput input)
    {
        var archive = Overview(input) with { Path = input.Path };
        foreach (var target in Enum.GetValues<CheckpointEngine>().Where(engine => engine != archive.Engine))
        {
            input.Reading.Try($"conversion to {target}", () =>
            {
                using var _ = RuntimeConversion.Build(new ConversionRequest(archive, target), input.Token);
            });
        }
    }

    private static void Expand(ArchiveInput input)
    {
        var request = new ExpansionRequest { ArchivePath = input.Path, Destination = input.Place.Destination };
        Drain(ArchiveExpansion.Expand(request, null, input.Token));
        foreach (var stray in input.Place.Clean())
            input.Reading.Fail("expansion", "file outside the destination", stray);
    }

    private static void WriteLayer(ArchiveInput input)
    {
        var archive = Overview(input) with { Path = input.Path, Size = input.Size };
        ArchiveLayer.Read(archive, null, TransferMeter.None, input.Token);
    }

    private static void WriteDocuments(ArchiveInput input) => input.WithContent(content =>
    {
        foreach (var member in content.Members.Where(member => member.Name.EndsWith(".img", StringComparison.Ordinal) && !CriuImageFiles.IsRaw(member.Name)))
        {
            input.Reading.Try("documents", () =>
            {
                using var document = CriuDocument.Open(content.OpenMember(member), new CriuImageName(input.Path, member.Name), content.Archive.Budget, input.Token);
                Drain(document.Entries);
            });
        }
    });

    private static bool Any(int id, string name) => true;

    private static void Drain<T>(IEnumerable<T> items)
    {
        foreach (var _ in items)
        {
        }
    }
}

using KubeCheckpoint.Archives.Checks;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.Exports;
using KubeCheckpoint.Archives.FileChanges;
using KubeCheckpoint.Archives.Logs;
using KubeCheckpoint.Archives.MemoryMaps;
using KubeCheckpoint.Archives.Mounts;
using KubeCheckpoint.Archives.OpenFiles;
using KubeCheckpoint.Archives.Processes;
using KubeCheckpoint.Archives.Requirements;
using KubeCheckpoint.Archives.Sockets;
using KubeCheckpoint.Archives.Statistics;
using KubeCheckpoint.Archives.Summaries;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Memory;
using KubeCheckpoint.Criu.Messages;
using KubeCheckpoint.Images;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Core.Tests.Archives.Checks;

/// <summary>Archives that cannot be restored by themselves say what they lack and why, and answer what they can.</summary>
public sealed class RestorableImagesTests : IDisposable
{
    private const string Counter = "crio-counter.tar";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Fixture.Archives), MemberType = typeof(Fixture))]
    public void Real_archives_have_all(string name) => Assert.Null(Obstacle(Fixture.PathOf(name)));

    [Fact]
    public async Task An_incremental_checkpoint_lacks_pages()
    {
        using var archive = Incremental();

        var obstacle = Obstacle(archive.Path)!;
        Assert.Equal("ParentNotInArchive", obstacle.ErrorId);
        Assert.Contains("checkpoint/pagemap-1.img", obstacle.Message);
        Assert.Contains("--with-previous", obstacle.RecommendedAction);
        Assert.Contains(ArchiveChecker.Check(archive.Path, CancellationToken.None), finding => finding is { Check: "ParentPages", Member: "checkpoint/pagemap-1.img" });
        var requirements = await RestoreRequirementsReader.ReadAsync(archive.Path, CancellationToken.None);
        Assert.Equal("ParentNotInArchive", requirements.Obstacle?.ErrorId);
    }

    [Fact]
    public async Task An_image_of_an_incremental_checkpoint_is_refused_or_warned_of_and_found()
    {
        using var archive = Incremental();
        var request = new RestoreImageRequest
        {
            Archive = await CheckpointArchiveReader.ReadAsync(archive.Path, CancellationToken.None),
            Destination = Path.Combine(_folder.Path, "image.tar"),
            Reference = "r.io/a:1",
            Registry = new RegistryOptions(),
        };

        var failure = await Assert.ThrowsAsync<KubeCheckpointException>(() => RestoreImageFactory.CreateAsync(request, null, CancellationToken.None));
        Assert.Equal(("ParentNotInArchive", false), (failure.ErrorId, File.Exists(request.Destination)));

        var warnings = new List<KubeCheckpointException>();
        await RestoreImageFactory.CreateAsync(request with { OnMissingMemory = warnings.Add }, null, CancellationToken.None);
        Assert.Equal("ParentNotInArchive", Assert.Single(warnings).ErrorId);

        var test = Assert.Single(await TestImageAsync(request.Destination));
        Assert.Contains(test.CriO.Reasons, reason => reason.Contains("earlier checkpoint"));
        Assert.Contains(test.Findings, finding => finding.Check == "ParentPages");
        Assert.Equal((false, false, false), (test.CriO.CanRestore, test.Containerd.CanRestore, test.Podman.CanRestore));
    }

    [Fact]
    public async Task Pages_that_are_missing_at_the_end_are_found()
    {
        using var archive = new EditedArchive(Counter, (name, content) => name == "checkpoint/pages-1.img" ? content[..^4096] : content);
        Assert.Equal("PagesMissing", Obstacle(archive.Path)?.ErrorId);

        var request = new RestoreImageRequest
        {
            Archive = await CheckpointArchiveReader.ReadAsync(archive.Path, CancellationToken.None),
            Destination = Path.Combine(_folder.Path, "image.tar"),
            Reference = "r.io/a:1",
            Registry = new RegistryOptions(),
            OnMissingMemory = _ => { },
        };
        await RestoreImageFactory.CreateAsync(request, null, CancellationToken.None);
        Assert.Contains(Assert.Single(await TestImageAsync(request.Destination)).CriO.Reasons, reason => reason.Contains("pages-1.img"));
    }

    [Theory]
    [InlineData(nameof(PageFlags.Lazy), "fetched on demand")]
    [InlineData(nameof(PageFlags.Parent), "earlier checkpoint")]
    public void Pages_left_elsewhere_are_told_apart(string flag, string reason)
    {
        using var archive = WithFlag(Enum.Parse<PageFlags>(flag));
        Assert.Contains(reason, Obstacle(archive.Path)!.Message);
    }

    [Fact]
    public void A_dump_to_a_page_server_has_no_pagemaps()
    {
        using var archive = new EditedArchive(Counter, (name, content) => name.Contains("/pagemap-") || name.Contains("/pages-") ? null : content);
        Assert.Equal("MemoryNotDumped", Obstacle(archive.Path)?.ErrorId);
        var error = Assert.Single(ArchiveChecker.Check(archive.Path, CancellationToken.None), finding => finding.Severity == FindingSeverity.Error);
        Assert.Contains("page server", error.Message);
    }

    [Fact]
    public async Task An_archive_without_images_names_the_cause_and_answers_the_rest()
    {
        using var archive = new EditedArchive(Counter, (name, content) => name.StartsWith("checkpoint/", StringComparison.Ordinal) ? null : content);

        Assert.All(Views(archive.Path), view =>
        {
            var failure = Assert.Throws<KubeCheckpointException>(view);
            Assert.Equal("ImagesNotInArchive", failure.ErrorId);
            Assert.Contains("/etc/criu/runc.conf", failure.RecommendedAction);
            Assert.Contains("images-dir", failure.RecommendedAction);
        });
        Assert.Equal("counter", (await CheckpointArchiveReader.ReadAsync(archive.Path, CancellationToken.None)).ContainerName);
        Assert.NotEmpty(StatisticReader.Read(archive.Path, CancellationToken.None));
        Assert.NotEmpty(FileChangeReader.Read(archive.Path, CancellationToken.None));
        Assert.NotEmpty(CheckpointLogReader.ReadDumpLog(archive.Path, CancellationToken.None));
        var error = Assert.Single(ArchiveChecker.Check(archive.Path, CancellationToken.None), finding => finding.Severity == FindingSeverity.Error);
        Assert.Equal("ImagesNotInArchive", error.Check);
        Assert.Equal("ImagesNotInArchive", Obstacle(archive.Path)?.ErrorId);
    }

    [Fact]
    public async Task A_pre_checkpoint_is_called_one()
    {
        var images = new Dictionary<string, byte[]>();
        using var archive = new EditedArchive(
            Counter,
            (name, content) =>
            {
                if (!name.StartsWith("checkpoint/", StringComparison.Ordinal))
                    return content;
                images[name] = content;
                return null;
            },
            tar =>
            {
                foreach (var (name, content) in images.Where(image => image.Key.Contains("/pagemap-") || image.Key.Contains("/pages-")))
                    tar.Add("pre-" + name, content);
                tar.Add("pre-checkpoint/inventory.img", CriuImageBytes.Of(CriuImageType.Inventory, new InventoryEntry { ImgVersion = 2, PreDumpMode = 1 }));
            });

        Assert.All(Views(archive.Path), view => Assert.Equal("PreCheckpointOnly", Assert.Throws<KubeCheckpointException>(view).ErrorId));
        var summary = await CheckpointArchiveReader.ReadAsync(archive.Path, CancellationToken.None);
        Assert.Equal(images.Where(image => image.Key.Contains("/pages-")).Sum(image => (long)image.Value.Length), summary.MemorySize);
        Assert.NotEmpty(StatisticReader.Read(archive.Path, CancellationToken.None));
        var findings = ArchiveChecker.Check(archive.Path, CancellationToken.None);
        Assert.Equal(["PreCheckpointOnly", "Summary"], findings.Select(finding => finding.Check));
        Assert.Equal(FindingSeverity.Warning, findings[0].Severity);
    }

    [Fact]
    public void A_folder_of_a_pre_dump_is_called_one()
    {
        Directory.CreateDirectory(Path.Combine(_folder.Path, "pre"));
        File.WriteAllBytes(Path.Combine(_folder.Path, "pre", "inventory.img"), CriuImageBytes.Of(CriuImageType.Inventory, new InventoryEntry { ImgVersion = 2, PreDumpMode = 1 }));
        File.WriteAllBytes(Path.Combine(_folder.Path, "pre", "pagemap-1.img"), CriuImageBytes.Of(CriuImageType.Pagemap, new PagemapHead { PagesId = 1 }));

        Assert.All(Views(Path.Combine(_folder.Path, "pre")), view => Assert.Equal("PreCheckpointOnly", Assert.Throws<KubeCheckpointException>(view).ErrorId));
    }

    [Fact]
    public void A_dump_without_a_process_tree_is_incomplete()
    {
        using var archive = new EditedArchive(Counter, (name, content) => name == "checkpoint/pstree.img" ? null : content);
        var failure = Assert.Throws<KubeCheckpointException>(() => CheckpointProcessReader.Read(archive.Path, new ProcessQuery(), CancellationToken.None).Count());
        Assert.Equal("ArchiveMemberMissing", failure.ErrorId);
        Assert.DoesNotContain("not a checkpoint archive", failure.Message);
    }

    private static KubeCheckpointException? Obstacle(string path) => RestorableImages.FindObstacle(path, CancellationToken.None);

    private static IEnumerable<Action> Views(string path) =>
    [
        () => _ = CheckpointProcessReader.Read(path, new ProcessQuery(), CancellationToken.None).Count(),
        () => _ = MemoryMapReader.Read(path, (_, _) => true, CancellationToken.None).Count(),
        () => _ = OpenFileReader.Read(path, (_, _) => true, CancellationToken.None).Count(),
        () => _ = SocketReader.Read(path, (_, _) => true, CancellationToken.None).Count(),
        () => _ = MountReader.Read(path, CancellationToken.None).Count(),
        () => MemoryExport.Open(path, CancellationToken.None).Dispose(),
        () => throw WithoutImages(path),
    ];

    private static KubeCheckpointException WithoutImages(string path)
    {
        using var images = CriuImageFiles.Open(path, CancellationToken.None);
        return images.WithoutImages();
    }

    private static EditedArchive Incremental() => WithFlag(PageFlags.Parent, tar => tar.Add("checkpoint/parent", "", '2'));

    // Every other run of process 1 is elsewhere, and its pages are not in the archive.
    private static EditedArchive WithFlag(PageFlags flag, Action<TarBuilder>? add = null)
    {
        var kept = new List<(long Offset, int Length)>();
        return new EditedArchive(
            Counter,
            (name, content) => name switch
            {
                "checkpoint/pagemap-1.img" => Mark(content, flag, kept),
                "checkpoint/pages-1.img" => [.. kept.SelectMany(run => content.AsSpan((int)run.Offset, run.Length).ToArray())],
                _ => content,
            },
            add);
    }

    private static byte[] Mark(byte[] image, PageFlags flag, List<(long Offset, int Length)> kept)
    {
        var (number, offset) = (0, 0L);
        var reader = new CriuImageReader(new MemoryStream(image), new KubeCheckpoint.Criu.CriuImageName("test"));
        Assert.True(reader.TryReadMessage(PagemapHead.Parser, out var head));
        var entries = reader.ReadMessages<PagemapEntry>().ToList();
        foreach (var entry in entries)
        {
            var length = 4096 * (int)(entry.HasNrPages ? entry.NrPages : entry.CompatNrPages);
            if (number++ % 2 == 1)
                entry.Flags = (uint)flag;
            else
                kept.Add((offset, length));
            offset += length;
        }
        return CriuImageBytes.Of(CriuImageType.Pagemap, [head, .. entries]);
    }

    private static async Task<List<RestoreImageTest>> TestImageAsync(string path)
    {
        var tests = new List<RestoreImageTest>();
        await foreach (var test in RestoreImageChecker.CheckAsync(new RestoreImageQuery { Path = path, Registry = new RegistryOptions() }, false, null, (_, failure) => throw failure, CancellationToken.None))
            tests.Add(test);
        return tests;
    }
}

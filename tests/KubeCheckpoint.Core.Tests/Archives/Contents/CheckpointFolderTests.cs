using System.Formats.Tar;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using KubeCheckpoint.Archives;
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
using KubeCheckpoint.Archives.Sockets;
using KubeCheckpoint.Archives.Statistics;
using KubeCheckpoint.Archives.Summaries;
using KubeCheckpoint.Core.Tests.Archives.Search;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Archives.Contents;

/// <summary>A folder with the files of an archive gives the same as the archive; a folder with only CRIU images gives what the images record.</summary>
public sealed class CheckpointFolderTests : IDisposable
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    // CRIU writes them beside the images unless it has a separate working directory.
    private static readonly string[] BesideImages = ["stats-dump", "dump.log"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Fixture.Archives), MemberType = typeof(Fixture))]
    public async Task An_expanded_archive_reads_like_the_archive(string name)
    {
        var path = Expand(name);
        var archive = await CheckpointArchiveReader.ReadAsync(Fixture.PathOf(name), CancellationToken.None);
        var folder = await CheckpointArchiveReader.ReadAsync(path, CancellationToken.None);

        Assert.Equal(JsonSerializer.Serialize(archive with { Path = path, Size = folder.Size, Compression = ArchiveCompression.None }), JsonSerializer.Serialize(folder));
        Assert.Equal(Directory.GetFiles(path, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length), folder.Size);
        Assert.Equal(Views(Fixture.PathOf(name)), Views(path));
        Assert.Equal(All(FileChangeReader.Read(Fixture.PathOf(name), CancellationToken.None), Fixture.PathOf(name)), All(FileChangeReader.Read(path, CancellationToken.None), path));
        Assert.Empty(ArchiveComparer.Compare(new ComparisonRequest(Fixture.PathOf(name), path), CancellationToken.None));
    }

    [Theory]
    [MemberData(nameof(Fixture.Archives), MemberType = typeof(Fixture))]
    public void An_archive_that_is_packed_otherwise_reads_like_the_archive(string name)
    {
        var (original, tar) = (Fixture.PathOf(name), Fixture.Decompress(name));
        byte[][] others = [tar, GzipBytes.Member(tar), [.. tar.Chunk(65280).SelectMany(chunk => GzipBytes.Member(chunk))], Pack(original, isSparse: true), Pack(original, isSparse: false)];
        var (views, changes, findings) = (Views(original), All(FileChangeReader.Read(original, CancellationToken.None), original), Findings(original));

        foreach (var other in others)
        {
            var path = _folder.Write("other.tar", other);
            Assert.Equal(views, Views(path));
            Assert.Equal(changes, All(FileChangeReader.Read(path, CancellationToken.None), path));
            Assert.Equal(findings, Findings(path));
            Assert.Empty(ArchiveComparer.Compare(new ComparisonRequest(original, path), CancellationToken.None));
        }
    }

    [Theory]
    [MemberData(nameof(Fixture.Archives), MemberType = typeof(Fixture))]
    public async Task A_folder_of_images_reads_like_the_images_of_the_archive(string name)
    {
        var path = Images(name);
        var archive = await CheckpointArchiveReader.ReadAsync(Fixture.PathOf(name), CancellationToken.None);
        var folder = await CheckpointArchiveReader.ReadAsync(path, CancellationToken.None);

        Assert.Equal(
            (null, null, null, archive.MemorySize, archive.Architecture, ArchiveCompression.None),
            (folder.Engine, folder.ContainerName, folder.Needs, folder.MemorySize, folder.Architecture, folder.Compression));
        Assert.NotNull(folder.CheckpointedAt);
        Assert.Equal(Views(Fixture.PathOf(name)), Views(path));
        Assert.Empty(Errors(path));
    }

    [Theory]
    [MemberData(nameof(Fixture.Archives), MemberType = typeof(Fixture))]
    public void Images_without_a_log_do_not_differ_from_their_archive(string name)
    {
        var path = Images(name);
        File.Delete(Path.Combine(path, "dump.log"));

        Assert.Empty(ArchiveComparer.Compare(new ComparisonRequest(Fixture.PathOf(name), path), CancellationToken.None));
    }

    [Fact]
    public void A_folder_of_images_names_them_as_they_are_called()
    {
        var path = Images("zoo-crio.tar");
        File.Delete(Path.Combine(path, "mm-8.img"));
        File.WriteAllBytes(Path.Combine(path, "core-9.img"), [1, 2, 3]);

        Assert.Equal(["core-9.img", "mm-8.img"], Errors(path).Select(finding => finding.Member).Distinct().Order());
        using var images = CriuImageFiles.Open(path, CancellationToken.None);
        Assert.Contains("pstree.img", images.Members);
        Assert.Equal("PSTREE", images.Read("pstree.img").Type);
    }

    [Fact]
    public void A_tar_of_such_a_folder_is_an_archive_too()
    {
        var path = Path.Combine(_folder.Path, "images.tar");
        TarFile.CreateFromDirectory(Images("crio-counter.tar"), path, includeBaseDirectory: false);

        Assert.Equal(Views(Fixture.PathOf("crio-counter.tar")), Views(path));
        Assert.Empty(Errors(path));
    }

    [Fact]
    public void Memory_is_exported_and_searched()
    {
        var path = Images("zoo-crio.tar");
        var matches = Searching.Find(path, Searching.Text("KC-"));
        Assert.NotEmpty(matches);
        Assert.All(matches, match => Assert.True(File.Exists(Path.Combine(path, match.PagesFile!))));
        var expected = Searching.Find(Fixture.PathOf("zoo-crio.tar"), Searching.Text("KC-")).Select(match => match with { PagesFile = Path.GetFileName(match.PagesFile) });
        Assert.Equal(All(expected, Fixture.PathOf("zoo-crio.tar")), All(matches, path));

        Assert.Equal(CoreOf(Fixture.PathOf("zoo-crio.tar")), CoreOf(path));
    }

    [Fact]
    public void A_folder_can_be_expanded()
    {
        var request = new ExpansionRequest { ArchivePath = Images("crio-counter.tar"), Destination = Path.Combine(_folder.Path, "copy") };
        var results = ArchiveExpansion.Expand(request, null, CancellationToken.None).ToList();
        Assert.All(results, result => Assert.Equal(File.ReadAllBytes(Path.Combine(request.ArchivePath, result.File!.Member)), File.ReadAllBytes(result.File.Path)));
        Assert.Contains(results, result => result.File!.Member == "pages-1.img");
    }

    [Fact]
    public void More_files_than_stay_open_are_read()
    {
        var path = Images("crio-counter.tar");
        for (var number = 0; number < 600; number++)
            File.WriteAllText(Path.Combine(path, $"extra-{number}.txt"), $"{number}");
        using var archive = ArchiveFile.Open(path);
        var extra = archive.ReadIndex(CancellationToken.None).Where(member => member.Name.StartsWith("extra-", StringComparison.Ordinal)).ToList();
        Assert.Equal(600, extra.Count);
        for (var round = 0; round < 2; round++)
            Assert.All(extra, member => Assert.Equal($"extra-{System.Text.Encoding.UTF8.GetString(archive.ReadMember(member))}.txt", member.Name));
    }

    [Fact]
    public void Folders_without_a_checkpoint_are_refused()
    {
        var empty = Directory.CreateDirectory(Path.Combine(_folder.Path, "empty")).FullName;
        var other = Directory.CreateDirectory(Path.Combine(_folder.Path, "other")).FullName;
        File.WriteAllText(Path.Combine(other, "core-1.img"), "x");
        foreach (var path in new[] { empty, other })
        {
            Assert.False(CheckpointFolder.IsCheckpoint(path));
            Assert.Equal("FolderWithoutCheckpoint", Assert.Throws<KubeCheckpointException>(() => ArchiveFile.Open(path)).ErrorId);
            Assert.Equal("FolderWithoutCheckpoint", Assert.Throws<KubeCheckpointException>(() => ArchiveChecker.Check(path, CancellationToken.None)).ErrorId);
        }
    }

    [Fact]
    public void Checkpoints_in_a_folder_are_found()
    {
        var first = Images("crio-counter.tar");
        var second = Expand("zoo-crio.tar");
        Directory.CreateDirectory(Path.Combine(_folder.Path, "empty"));
        Assert.Equal([first, second], CheckpointFolder.In(_folder.Path));
    }

    [Theory]
    [InlineData("core-1.img")]
    [InlineData("pages-1.img")]
    [InlineData("files.img")]
    public void Links_are_not_followed(string name)
    {
        var path = Images("crio-counter.tar");
        var outside = Path.Combine(_folder.Path, "outside.img");
        File.Move(Path.Combine(path, name), outside);
        File.CreateSymbolicLink(Path.Combine(path, name), outside);

        using var content = CheckpointContent.Open(path, CancellationToken.None);
        Assert.Null(content.FindImage(name));
        Assert.Equal(ArchiveMemberKind.SymbolicLink, content.Members.Single(member => member.Name == name).Kind);
        Assert.Contains(ArchiveChecker.Check(path, CancellationToken.None), finding => finding is { Check: "UnexpectedMember" } && finding.Member == name);
    }

    [Fact]
    public void A_folder_that_is_a_link_is_not_followed()
    {
        var path = Expand("crio-counter.tar");
        Directory.Move(Path.Combine(path, "checkpoint"), Path.Combine(_folder.Path, "outside"));
        Directory.CreateSymbolicLink(Path.Combine(path, "checkpoint"), Path.Combine(_folder.Path, "outside"));

        using var content = CheckpointContent.Open(path, CancellationToken.None);
        Assert.DoesNotContain(content.Members, member => member.Name.StartsWith("checkpoint/", StringComparison.Ordinal));
    }

    [Fact]
    public void A_file_that_becomes_a_link_is_not_read()
    {
        var path = Expand("crio-counter.tar");
        using var content = CheckpointContent.Open(path, CancellationToken.None);
        var member = content.FindImage("core-1.img")!;
        Directory.Move(Path.Combine(path, "checkpoint"), Path.Combine(_folder.Path, "outside"));
        Directory.CreateSymbolicLink(Path.Combine(path, "checkpoint"), Path.Combine(_folder.Path, "outside"));
        Assert.Equal("ArchiveNotReadable", Assert.Throws<KubeCheckpointException>(() => content.OpenMember(member)).ErrorId);
    }

    [Fact]
    public async Task A_fifo_or_device_does_not_block()
    {
        if (!OperatingSystem.IsLinux())
            return;
        var path = Images("crio-counter.tar");
        File.Delete(Path.Combine(path, "pages-1.img"));
        Assert.Equal(0, MakeFifo(Path.Combine(path, "pages-1.img"), 0x180));
        Assert.Equal(0, MakeFifo(Path.Combine(path, "fifo.tar"), 0x180));

        var findings = await Task.Run(() => ArchiveChecker.Check(path, CancellationToken.None)).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Contains(findings, finding => finding is { Check: "UnexpectedMember", Member: "pages-1.img" });
        var failure = await Assert.ThrowsAsync<KubeCheckpointException>(
            () => Task.Run(() => ArchiveFile.Open(Path.Combine(path, "fifo.tar"))).WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal("ArchiveNotReadable", failure.ErrorId);
        Assert.Equal("ArchiveNotReadable", Assert.Throws<KubeCheckpointException>(() => ArchiveFile.Open("/dev/zero")).ErrorId);
    }

    // The CRIU log, statistics and images of an archive, as JSON without its path.
    private static string Views(string path) => string.Join('\n',
    [
        All(CheckpointProcessReader.Read(path, new ProcessQuery { IncludeEnvironment = true }, CancellationToken.None), path),
        All(MemoryMapReader.Read(path, (_, _) => true, CancellationToken.None), path),
        All(OpenFileReader.Read(path, (_, _) => true, CancellationToken.None), path),
        All(SocketReader.Read(path, (_, _) => true, CancellationToken.None), path),
        All(MountReader.Read(path, CancellationToken.None).Select(mount => mount with { HostPath = null }), path),
        All(StatisticReader.Read(path, CancellationToken.None), path),
        All(LogOf(path), path),
    ]);

    // Podman's archives have no CRIU log.
    private static IEnumerable<object> LogOf(string path)
    {
        try
        {
            return [.. CheckpointLogReader.ReadDumpLog(path, CancellationToken.None)];
        }
        catch (KubeCheckpointException failure) when (failure.ErrorId == "LogNotInArchive")
        {
            return [];
        }
    }

    private static string All<T>(IEnumerable<T> items, string path) =>
        JsonSerializer.Serialize(items.Cast<object>().ToList(), Json).Replace(path, "PATH", StringComparison.Ordinal);

    private static IEnumerable<CheckpointArchiveFinding> Errors(string path) =>
        ArchiveChecker.Check(path, CancellationToken.None).Where(finding => finding.Severity == FindingSeverity.Error);

    // Without the number of members: folders are left out, and what is linked to is added.
    private static IEnumerable<string> Findings(string path) => ArchiveChecker.Check(path, CancellationToken.None)
        .Select(finding => $"{finding.Severity} {finding.Member} {Regex.Replace(finding.Message, @"\d+ members", "members")}");

    // With a hole for each page of zeros, or with a hard link to each file.
    private static byte[] Pack(string path, bool isSparse)
    {
        using var archive = ArchiveFile.Open(path);
        var tar = new TarBuilder();
        foreach (var member in archive.ReadIndex(CancellationToken.None).Where(member => member.Kind == ArchiveMemberKind.File))
        {
            var bytes = archive.ReadMember(member);
            var pages = bytes.Chunk(4096).Index().Where(page => page.Item.Any(octet => octet != 0)).ToList();
            _ = isSparse
                ? tar.Sparse(member.Name, "1.0", bytes.Length, [.. pages.Select(page => (page.Index * 4096L, (long)page.Item.Length))], [.. pages.SelectMany(page => page.Item)])
                : tar.Add($"artifacts/{member.HeaderOffset}", bytes).Link(member.Name, $"artifacts/{member.HeaderOffset}");
        }
        return tar.End();
    }

    private byte[] CoreOf(string path)
    {
        var core = Path.Combine(_folder.Path, "core");
        using var export = MemoryExport.Open(path, CancellationToken.None);
        export.WriteCoreDump(1, core, overwrite: true, null);
        return File.ReadAllBytes(core);
    }

    private string Expand(string name)
    {
        var path = Path.Combine(_folder.Path, "expanded");
        Directory.CreateDirectory(path);
        using var tar = new MemoryStream(Fixture.Decompress(name));
        TarFile.ExtractToDirectory(tar, path, overwriteFiles: false);
        return path;
    }

    private string Images(string name)
    {
        var expanded = Expand(name);
        var path = Path.Combine(_folder.Path, "dump");
        Directory.Move(Path.Combine(expanded, "checkpoint"), path);
        foreach (var file in BesideImages.Where(file => File.Exists(Path.Combine(expanded, file))))
            File.Move(Path.Combine(expanded, file), Path.Combine(path, file));
        Directory.Delete(expanded, recursive: true);
        return path;
    }

    [DllImport("libc", EntryPoint = "mkfifo")]
    private static extern int MakeFifo([MarshalAs(UnmanagedType.LPUTF8Str)] string path, uint mode);
}

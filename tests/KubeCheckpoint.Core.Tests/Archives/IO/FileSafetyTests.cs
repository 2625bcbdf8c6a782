using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.Exports;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Archives.Logs;
using KubeCheckpoint.Archives.Summaries;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Images.Layout;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Core.Tests.Archives.IO;

/// <summary>What other users of a shared folder, and folders that were given, can plant: links, names, modes, owners, FIFOs.</summary>
public sealed class FileSafetyTests : IDisposable
{
    private const UnixFileMode OwnersFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnersFolder = OwnersFile | UnixFileMode.UserExecute;

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Readers => ["archive", "manifest", "log", "credentials", "layout", "blob", "archive of an image"];

    public void Dispose() => _folder.Dispose();

    [UnixTheory]
    [MemberData(nameof(Readers))]
    public async Task A_fifo_in_place_of_a_file_is_an_error_at_once(string reader)
    {
        var fifo = PathOf(reader switch { "manifest" => "a.tar.pod.json", "layout" => "oci-layout", "blob" => "index.json", _ => "fifo" });
        Tools.Run("mkfifo", fifo);
        if (reader == "blob")
            _folder.Write("oci-layout", OciLayoutIndex.Marker);

        var reading = Task.Run(() => ReadAsync(reader, fifo));
        var isDone = await Task.WhenAny(reading, Task.Delay(TimeSpan.FromSeconds(30))) == reading;
        await Release(fifo, isDone);

        Assert.True(isDone, "it waits for a writer");
        var failure = await Assert.ThrowsAsync<KubeCheckpointException>(() => reading);
        Assert.NotEqual("UnexpectedFailure", failure.ErrorId);
        Assert.Contains(_folder.Path, failure.Message, StringComparison.Ordinal);
    }

    [UnixFact]
    public async Task The_kind_of_a_fifo_is_not_looked_for_in_it()
    {
        var fifo = PathOf("fifo");
        Tools.Run("mkfifo", fifo);

        var looking = Task.Run(() => FileKinds.Of(fifo));
        var isDone = await Task.WhenAny(looking, Task.Delay(TimeSpan.FromSeconds(30))) == looking;
        await Release(fifo, isDone);

        Assert.True(isDone, "it waits for a writer");
        Assert.Null(await looking);
    }

    [UnixFact]
    public void A_device_in_place_of_a_file_is_an_error() =>
        Assert.Contains("not a regular file", Assert.Throws<KubeCheckpointException>(() => ArchiveFile.Open("/dev/zero")).Message, StringComparison.Ordinal);

    [UnixFact]
    public void A_new_folder_and_all_its_parents_are_their_owners()
    {
        PrivateFolder.Make(PathOf("a/b/c"));
        MemoryFile.Write(PathOf("d/e/file"), overwrite: false, file => file.WriteByte(1));

        Assert.All(["a", "a/b", "a/b/c", "d", "d/e"], name => Assert.Equal(OwnersFolder, ModeOf(PathOf(name))));
        Assert.Equal(OwnersFile, ModeOf(PathOf("d/e/file")));
    }

    [UnixFact]
    public void A_link_in_place_of_a_file_is_replaced_and_not_followed()
    {
        _folder.Write("other", "stays"u8.ToArray());
        File.CreateSymbolicLink(PathOf("file"), PathOf("other"));

        WholeFile.Write(PathOf("file"), overwrite: true, file => file.WriteByte((byte)'x'));

        Assert.Equal(("stays", "x", null), (File.ReadAllText(PathOf("other")), File.ReadAllText(PathOf("file")), new FileInfo(PathOf("file")).LinkTarget));
        Assert.Throws<IOException>(() => WholeFile.Write(PathOf("file"), overwrite: false, file => file.WriteByte((byte)'y')));
    }

    [UnixTheory]
    [InlineData("blobs")]
    [InlineData("blobs/sha256")]
    public async Task A_layout_whose_folder_of_blobs_is_a_link_is_not_written_through(string link)
    {
        var elsewhere = Directory.CreateDirectory(PathOf("elsewhere")).FullName;
        Directory.CreateDirectory(PathOf("layout"));
        _folder.Write("layout/oci-layout", OciLayoutIndex.Marker);
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf($"layout/{link}"))!);
        File.CreateSymbolicLink(PathOf($"layout/{link}"), elsewhere);

        var failure = await Failing.WithAsync("DestinationNotWritable", () => KubeCheckpoint.Core.Tests.Images.Images.WriteAsync("crio-counter.tar", PathOf("layout"), "x"));

        Assert.Contains("is a link", failure.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(elsewhere));
    }

    [UnixTheory]
    [InlineData("index.json")]
    [InlineData("blobs")]
    public async Task A_layout_is_not_read_through_a_link(string link)
    {
        await KubeCheckpoint.Core.Tests.Images.Images.WriteAsync("crio-counter.tar", PathOf("layout"), "x");
        Directory.Move(PathOf($"layout/{link}"), PathOf("moved"));
        File.CreateSymbolicLink(PathOf($"layout/{link}"), PathOf("moved"));
        using var layout = new LayoutFolder(PathOf("layout"));
        var name = link == "blobs" ? "blobs/sha256/" + Path.GetFileName(Directory.EnumerateFiles(PathOf("moved/sha256")).First()) : link;

        Assert.Contains("is a symbolic link", Assert.Throws<KubeCheckpointException>(() => layout.Open(name)).Message, StringComparison.Ordinal);
    }

    [UnixTheory]
    [InlineData("symbolic link")]
    [InlineData("hard link")]
    [InlineData("FIFO")]
    public async Task A_partial_file_that_others_planted_is_removed_and_not_written(string what)
    {
        _folder.Write("other", "stays"u8.ToArray());
        var path = PathOf("a.tar.partial");
        Tools.Run(what == "FIFO" ? "mkfifo" : "ln", what switch { "FIFO" => [path], "hard link" => [PathOf("other"), path], _ => ["-s", PathOf("other"), path] });

        await using (var file = await PartialFile.OpenAsync(path, 100, default))
        {
            Assert.Equal(0, file.Length);
            await file.AppendAsync("memory"u8.ToArray());
        }

        Assert.Equal(("stays", "memory"), (File.ReadAllText(PathOf("other")), File.ReadAllText(path)));
        Assert.Equal(OwnersFile, ModeOf(path));
    }

    [RootFact]
    public async Task A_partial_file_of_another_user_is_not_resumed()
    {
        _folder.Write("a.tar.partial", "planted"u8.ToArray());
        Tools.Run("chown", "65534", PathOf("a.tar.partial"));

        var failure = await Assert.ThrowsAsync<UnauthorizedAccessException>(() => PartialFile.OpenAsync(PathOf("a.tar.partial"), 100, default));

        Assert.Contains("belongs to another user", failure.Message, StringComparison.Ordinal);
        Assert.Equal("planted", File.ReadAllText(PathOf("a.tar.partial")));
    }

    [Fact]
    public async Task A_partial_file_that_is_being_written_is_not_opened_twice()
    {
        await using var first = await PartialFile.OpenAsync(PathOf("a.tar.partial"), 100, default);

        await Assert.ThrowsAsync<IOException>(() => PartialFile.OpenAsync(PathOf("a.tar.partial"), 100, default));
    }

    [Fact]
    public async Task A_manifest_of_a_pod_is_replaced_only_when_asked()
    {
        _folder.Write("a.tar.pod.json", "{}"u8.ToArray());

        await new LocalArchive(PathOf("a.tar"), overwrite: false).WriteManifestAsync("{}", default);
        await Failing.WithAsync("DestinationExists", () => new LocalArchive(PathOf("a.tar"), overwrite: false).WriteManifestAsync("""{"kind":"Pod"}""", default));
        Assert.Equal("{}", File.ReadAllText(PathOf("a.tar.pod.json")));
        await new LocalArchive(PathOf("a.tar"), overwrite: true).WriteManifestAsync("""{"kind":"Pod"}""", default);

        Assert.Equal("""{"kind":"Pod"}""", File.ReadAllText(PathOf("a.tar.pod.json")));
        Assert.Equal(["a.tar.pod.json"], Directory.EnumerateFiles(_folder.Path).Select(Path.GetFileName));
    }

    private static UnixFileMode ModeOf(string path) => OperatingSystem.IsWindows() ? UnixFileMode.None : File.GetUnixFileMode(path);

    private string PathOf(string name) => Path.Combine(_folder.Path, name);

    private async Task ReadAsync(string reader, string path)
    {
        switch (reader)
        {
            case "manifest":
                await PodManifestFile.ReadAsync(PathOf("a.tar"), default);
                break;
            case "log":
                _ = CheckpointLogReader.ReadDumpLogFile(path, default).ToList();
                break;
            case "credentials":
                AuthFile.Load(path);
                break;
            case "layout":
                OciLayoutIndex.ThrowIfNotLayout(_folder.Path);
                break;
            case "blob":
                OciLayoutIndex.Load(_folder.Path);
                break;
            default:
                ArchiveFile.Open(path).Dispose();
                break;
        }
    }

    // Whoever waits for the other end goes on.
    private static async Task Release(string fifo, bool isDone)
    {
        if (!isDone)
            await Task.Run(() => File.OpenHandle(fifo, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite).Dispose());
    }
}

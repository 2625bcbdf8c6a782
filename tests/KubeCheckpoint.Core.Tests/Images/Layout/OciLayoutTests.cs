using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Images;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Core.Tests.Images.Layout;

public sealed class OciLayoutTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Archives => Fixture.Archives;

    public void Dispose() => _folder.Dispose();

    [RequiresToolsTheory(Tools.Skopeo)]
    [MemberData(nameof(Archives))]
    public async Task Skopeo_reads_the_folder_and_verifies_every_digest(string name)
    {
        var image = await Images.WriteAsync(name, At("layout"), "r.io/a:1");

        var raw = Tools.RunSkopeo("inspect", "--raw", $"oci:{At("layout")}:r.io/a:1");
        Tools.RunSkopeo("copy", "--preserve-digests", $"oci:{At("layout")}:r.io/a:1", $"dir:{At("copy")}");

        Assert.Equal(image.Digest, Images.Sha256(Encoding.UTF8.GetBytes(raw)));
        Assert.Equal(await File.ReadAllBytesAsync(Fixture.PathOf(name)), await File.ReadAllBytesAsync(Path.Combine(At("copy"), image.LayerDigest![7..])));
    }

    [RequiresToolsTheory(Tools.Skopeo)]
    [MemberData(nameof(Archives))]
    public async Task Skopeo_reads_the_archive_which_is_always_the_same(string name)
    {
        var image = await Images.WriteAsync(name, At("one.tar"), "r.io/a:1");
        await Images.WriteAsync(name, At("two.tar"), "r.io/a:1");

        var raw = Tools.RunSkopeo("inspect", "--raw", $"oci-archive:{At("one.tar")}");
        Tools.RunSkopeo("copy", "--preserve-digests", $"oci-archive:{At("one.tar")}:r.io/a:1", $"dir:{At("copy")}");

        Assert.Equal(image.Digest, Images.Sha256(Encoding.UTF8.GetBytes(raw)));
        Assert.Equal(await File.ReadAllBytesAsync(At("one.tar")), await File.ReadAllBytesAsync(At("two.tar")));
    }

    [Theory]
    [InlineData("podman-counter-gzip.tar.gz", "application/vnd.oci.image.layer.v1.tar+gzip")]
    [InlineData("podman-counter-zstd.tar.zst", "application/vnd.oci.image.layer.v1.tar+zstd")]
    [InlineData("crio-counter.tar", "application/vnd.oci.image.layer.v1.tar")]
    public async Task The_diff_id_is_that_of_the_tar(string name, string mediaType)
    {
        var image = await Images.WriteAsync(name, At("layout"));

        using var manifest = JsonDocument.Parse(await File.ReadAllBytesAsync(Blob(image.Digest)));
        using var config = JsonDocument.Parse(await File.ReadAllBytesAsync(Blob(manifest.RootElement.Text("config", "digest"))));
        var diffId = config.RootElement.GetProperty("rootfs").GetProperty("diff_ids")[0].GetString();
        Assert.Equal(mediaType, manifest.RootElement.GetProperty("layers")[0].Text("mediaType"));
        Assert.Equal(Images.Sha256(Fixture.Decompress(name)), diffId);
        Assert.Equal(mediaType.EndsWith("tar", StringComparison.Ordinal), diffId == image.LayerDigest);
    }

    [Fact]
    public async Task Images_are_added_and_replace_those_of_the_same_name()
    {
        await Images.WriteAsync("crio-counter.tar", At("layout"), "r.io/a:1");
        await Images.WriteAsync("containerd-counter.tar", At("layout"), "r.io/a:2");
        var index = Index();
        index["annotations"] = new JsonObject { ["kept"] = "yes" };
        await File.WriteAllTextAsync(Path.Combine(At("layout"), "index.json"), index.ToJsonString());

        var third = await Images.WriteAsync("podman-counter-none.tar", At("layout"), "r.io/a:1");

        var entries = Index()["manifests"]!.AsArray();
        Assert.Equal(["r.io/a:2", "r.io/a:1"], entries.Select(entry => entry!["annotations"]!["org.opencontainers.image.ref.name"]!.ToString()));
        Assert.Equal(third.Digest, entries[1]!["digest"]!.ToString());
        Assert.Equal("yes", Index()["annotations"]!["kept"]!.ToString());
    }

    [Fact]
    public async Task Concurrent_writes_all_arrive()
    {
        await Task.WhenAll(Enumerable.Range(0, 12).Select(number => Images.WriteAsync("crio-multi-a.tar", At("layout"), $"r.io/a:{number}")));

        Assert.Equal(12, Index()["manifests"]!.AsArray().Count);
        Assert.Empty(Directory.GetFiles(At("layout"), "*.partial", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Without_a_name_the_tag_is_the_name()
    {
        var image = await Images.WriteAsync("crio-counter.tar", At("layout"));

        Assert.Equal(("counter-counter-20261123t065040z", At("layout"), false), (image.Reference, image.Destination, image.IsPushed));
    }

    [Fact]
    public async Task Files_are_for_their_owner_only()
    {
        await Images.WriteAsync("crio-counter.tar", At("layout"));
        await Images.WriteAsync("crio-counter.tar", At("a.tar"));
        if (OperatingSystem.IsWindows())
            return;

        var files = Directory.GetFiles(At("layout"), "*", SearchOption.AllDirectories).Append(At("a.tar"));
        foreach (var file in files)
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Theory]
    [InlineData("index.json", "{}")]
    [InlineData("oci-layout", """{"imageLayoutVersion":"2.0.0"}""")]
    [InlineData("oci-layout", "no json")]
    [InlineData("blobs/x", "")]
    public async Task Other_folders_are_not_changed(string file, string content)
    {
        Directory.CreateDirectory(Path.Combine(At("layout"), "blobs"));
        await File.WriteAllTextAsync(Path.Combine(At("layout"), file), content);

        var failure = await Assert.ThrowsAsync<KubeCheckpointException>(() => Images.WriteAsync("crio-counter.tar", At("layout")));

        Assert.Equal("LayoutInvalid", failure.ErrorId);
        Assert.Single(Directory.GetFiles(At("layout"), "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task An_invalid_index_is_not_changed()
    {
        await Images.WriteAsync("crio-counter.tar", At("layout"));
        await File.WriteAllTextAsync(Path.Combine(At("layout"), "index.json"), "[]");

        var failure = await Assert.ThrowsAsync<KubeCheckpointException>(() => Images.WriteAsync("crio-counter.tar", At("layout")));

        Assert.Equal("LayoutInvalid", failure.ErrorId);
    }

    [Fact]
    public async Task An_existing_archive_is_not_overwritten()
    {
        var own = _folder.Write("own.tar", await File.ReadAllBytesAsync(Fixture.PathOf("crio-counter.tar")));

        var failure = await Assert.ThrowsAsync<KubeCheckpointException>(() => Images.WriteAsync("crio-counter.tar", own));

        Assert.Equal("DestinationExists", failure.ErrorId);
        Assert.Equal(await File.ReadAllBytesAsync(Fixture.PathOf("crio-counter.tar")), await File.ReadAllBytesAsync(own));
    }

    [Theory]
    [InlineData("file/layout")]
    [InlineData("file/a.tar")]
    public async Task A_path_below_a_file_cannot_be_written(string destination)
    {
        _folder.Write("file", []);

        var failure = await Assert.ThrowsAsync<KubeCheckpointException>(() => Images.WriteAsync("crio-counter.tar", At(destination)));

        Assert.Equal("DestinationNotWritable", failure.ErrorId);
    }

    [Fact]
    public void A_full_disk_is_named()
    {
        if (!File.Exists("/dev/full"))
            return;
        var exception = Assert.Throws<IOException>(() => File.WriteAllBytes("/dev/full", new byte[10]));
        Assert.Equal("DestinationDiskFull", WholeFile.FailureOf("/x", exception).ErrorId);
    }

    [Fact]
    public async Task An_archive_that_changed_since_it_was_read_is_refused()
    {
        var path = _folder.Write("a.tar", await File.ReadAllBytesAsync(Fixture.PathOf("crio-counter.tar")));
        var archive = await KubeCheckpoint.Archives.Summaries.CheckpointArchiveReader.ReadAsync(path, CancellationToken.None);
        await File.AppendAllTextAsync(path, "more");

        var failure = await Assert.ThrowsAsync<KubeCheckpointException>(() => RestoreImageFactory.CreateAsync(
            new RestoreImageRequest { Archive = archive, Destination = At("layout"), Registry = new RegistryOptions() }, null, CancellationToken.None));

        Assert.Equal("ArchiveChangedWhileReading", failure.ErrorId);
        Assert.Empty(Directory.GetFiles(Path.Combine(At("layout"), "blobs", "sha256")));
    }

    [Theory]
    [InlineData("layout")]
    [InlineData("a.tar")]
    public async Task A_cancelled_write_leaves_nothing_under_a_final_name(string destination)
    {
        using var source = new CancellationTokenSource();
        var progress = new ImmediateProgress(_ => source.Cancel());
        var request = new RestoreImageRequest { Archive = await Images.ReadAsync("crio-counter.tar"), Destination = At(destination), Registry = new RegistryOptions() };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RestoreImageFactory.CreateAsync(request, progress, source.Token));

        Assert.DoesNotContain(Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories), file => !file.EndsWith("oci-layout", StringComparison.Ordinal));
    }

    private string At(string name) => Path.Combine(_folder.Path, name);

    private string Blob(string digest) => Path.Combine(At("layout"), "blobs", "sha256", digest[7..]);

    private JsonObject Index() => JsonNode.Parse(File.ReadAllText(Path.Combine(At("layout"), "index.json")))!.AsObject();
}

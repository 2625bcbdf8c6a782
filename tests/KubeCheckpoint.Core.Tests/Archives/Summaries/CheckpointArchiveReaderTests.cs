using System.Globalization;
using System.Text.Json;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.Summaries;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Archives.Summaries;

public sealed class CheckpointArchiveReaderTests
{
    [Theory]
    [MemberData(nameof(Fixture.Archives), MemberType = typeof(Fixture))]
    public async Task Agrees_with_checkpointctl(string name)
    {
        var archive = await CheckpointArchiveReader.ReadAsync(Fixture.PathOf(name), CancellationToken.None);

        using var document = JsonDocument.Parse(await File.ReadAllTextAsync(Fixture.PathOf(name) + ".inspect.json"));
        var expected = document.RootElement[0];
        Assert.Equal(Text(expected, "container_name"), archive.ContainerName);
        Assert.Equal(Text(expected, "image"), archive.Image);
        Assert.Equal(Text(expected, "id"), archive.ContainerId);
        Assert.Equal(Text(expected, "runtime"), archive.Runtime);
        Assert.Equal(Text(expected, "engine"), archive.Engine switch { CheckpointEngine.CriO => "CRI-O", CheckpointEngine.Podman => "Podman", _ => "containerd" });
        Assert.Equal(Text(expected, "ip"), archive.PodIP);
        // checkpointctl truncates some times to whole seconds.
        Assert.Equal(Seconds(Text(expected, "created")), Seconds(archive.CreatedAt));
        if (archive.Engine != CheckpointEngine.Podman)
            Assert.Equal(Seconds(Text(expected, "checkpointed")), Seconds(archive.CheckpointedAt));
        var sizes = expected.GetProperty("checkpoint_size");
        Assert.Equal(sizes.GetProperty("memory_pages_size").GetInt64(), archive.MemorySize);
        Assert.Equal(sizes.TryGetProperty("root_fs_diff_size", out var diff) ? diff.GetInt64() : 0, archive.RootFsDiffSize);
        if (archive.Engine == CheckpointEngine.Podman)
            return;
        Assert.Equal(Text(expected.GetProperty("metadata"), "pod_name"), archive.PodName);
        Assert.Equal(Text(expected.GetProperty("metadata"), "kubernetes_namespace"), archive.Namespace);
    }

    [Theory]
    [MemberData(nameof(Fixture.Archives), MemberType = typeof(Fixture))]
    public async Task Says_what_file_it_read(string name)
    {
        var path = Fixture.PathOf(name);
        var archive = await CheckpointArchiveReader.ReadAsync(path, CancellationToken.None);

        Assert.Equal(path, archive.Path);
        Assert.Equal(new FileInfo(path).Length, archive.Size);
        Assert.Equal("amd64", archive.Architecture);
        Assert.Equal(64, archive.ContainerId!.Length);
        Assert.Null(archive.PodManifest);
        Assert.Equal(Path.GetExtension(name) switch { ".gz" => ArchiveCompression.Gzip, ".zst" => ArchiveCompression.Zstd, _ => ArchiveCompression.None }, archive.Compression);
    }

    [Fact]
    public async Task Keeps_fractions_of_a_second_and_the_pod_of_a_crio_archive()
    {
        var archive = await CheckpointArchiveReader.ReadAsync(Fixture.PathOf("crio-counter.tar"), CancellationToken.None);

        Assert.Equal(DateTimeOffset.Parse("2026-11-23T06:50:18.8412538Z", CultureInfo.InvariantCulture), archive.CreatedAt);
        Assert.Equal(DateTimeOffset.Parse("2026-11-23T06:50:40.2949257Z", CultureInfo.InvariantCulture), archive.CheckpointedAt);
        Assert.Equal("f6d86e3e-d3e8-405b-876e-394346dc8d5f", archive.PodUid);
        Assert.Equal("87f6b810417b40ca6f1fbcc1bd098b9fbe16aeadb5a49b755fe41705b1a6fff6", archive.ImageId);
    }

    [Fact]
    public async Task Reads_what_containerd_and_podman_call_the_image()
    {
        var containerd = await CheckpointArchiveReader.ReadAsync(Fixture.PathOf("containerd-counter.tar"), CancellationToken.None);
        var podman = await CheckpointArchiveReader.ReadAsync(Fixture.PathOf("podman-counter-zstd.tar.zst"), CancellationToken.None);

        Assert.Equal("127.0.0.1:5000/counter@sha256:28f8ec0eefae275ee8cc1945f3f86ae6eef0b4e4d9669fb62b872328f5b6b58f", containerd.ImageId);
        Assert.Equal("ed6c596c-f629-44d7-909d-81c3f4056da1", containerd.PodUid);
        Assert.Equal("87f6b810417b40ca6f1fbcc1bd098b9fbe16aeadb5a49b755fe41705b1a6fff6", podman.ImageId);
        Assert.Equal((null, null, null), (podman.PodName, podman.Namespace, podman.PodUid));
        Assert.NotNull(podman.CheckpointedAt);
    }

    [Theory]
    [InlineData("web_web-7f_shop_ed6c596c-f629-44d7-909d-81c3f4056da1_0", "web")]
    [InlineData("nothing-made-by-the-CRI", "containerd")]
    public void Finds_the_name_of_a_container_that_containerd_had_restored(string made, string expected)
    {
        var config = $$"""{"id":"0a","name":"{{made}}","rootfsImage":"x","checkpointedTime":"2026-11-25T23:39:03Z"}""";
        var spec = """{"annotations":{"io.kubernetes.cri.container-name":"containerd","io.kubernetes.cri.sandbox-name":"web-7f","io.kubernetes.cri.sandbox-namespace":"shop"}}""";
        using var file = new ArchiveFile(new MemorySource(new TarBuilder().Add("config.dump", config).Add("spec.dump", spec).End()));

        var archive = CheckpointArchiveReader.Read(file, CancellationToken.None);

        Assert.Equal((CheckpointEngine.Containerd, expected, "web-7f"), (archive.Engine, archive.ContainerName, archive.PodName));
    }

    [Fact]
    public void Takes_old_spellings()
    {
        var config = """{"id":"0a","name":"c","rootfsImageRef":"","rootfsImage":"x","checkpointedTime":"0001-01-01T00:00:00Z","createdTime":"2021-03-04T05:06:07.5+02:00"}""";
        var tar = new TarBuilder().Add("./config.dump", config).Add("./spec.dump", """{"annotations":null}""").End();
        using var file = new ArchiveFile(new MemorySource(tar));

        var archive = CheckpointArchiveReader.Read(file, CancellationToken.None);

        Assert.Equal("x", archive.ImageId);
        Assert.Null(archive.CheckpointedAt);
        Assert.Null(archive.Image);
        Assert.Null(archive.Architecture);
        Assert.Equal(new DateTimeOffset(2021, 3, 4, 3, 6, 7, 500, TimeSpan.Zero), archive.CreatedAt);
        Assert.Equal(CheckpointEngine.Containerd, archive.Engine);
    }

    [Fact]
    public async Task Finds_the_pod_manifest_beside_the_archive()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("a.tar", new TarBuilder().Checkpoint().End());
        folder.Write("a.tar.pod.json", """{"kind":"Pod"}"""u8.ToArray());

        Assert.Equal("""{"kind":"Pod"}""", (await CheckpointArchiveReader.ReadAsync(path, CancellationToken.None)).PodManifest?.Json);
    }

    [Fact]
    public async Task A_cancelled_token_ends_it()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            CheckpointArchiveReader.ReadAsync(Fixture.PathOf("crio-counter.tar"), cancelled.Token));
    }

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static long? Seconds(string? time) => time is null ? null : Seconds(DateTimeOffset.Parse(time, CultureInfo.InvariantCulture));

    private static long? Seconds(DateTimeOffset? time) => time?.ToUnixTimeSeconds();
}

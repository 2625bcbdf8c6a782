using System.Text.Json;
using KubeCheckpoint.Core.Tests.Images.Registry;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Images;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Core.Tests.Images.Layers;

public sealed class CompressionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [RequiresToolsTheory(Tools.Registry, Tools.Skopeo)]
    [InlineData("crio-counter.tar", ArchiveCompression.None, "tar")]
    [InlineData("crio-counter.tar", ArchiveCompression.Gzip, "tar+gzip")]
    [InlineData("crio-counter.tar", ArchiveCompression.Zstd, "tar+zstd")]
    [InlineData("podman-counter-zstd.tar.zst", ArchiveCompression.None, "tar+zstd")]
    [InlineData("podman-counter-zstd.tar.zst", ArchiveCompression.Zstd, "tar+zstd")]
    [InlineData("podman-counter-zstd.tar.zst", ArchiveCompression.Gzip, "tar+gzip")]
    [InlineData("podman-counter-gzip.tar.gz", ArchiveCompression.Zstd, "tar+zstd")]
    public async Task Registry_folder_and_file_hold_the_same_image_and_skopeo_reads_all_three(string name, ArchiveCompression compression, string mediaType)
    {
        using var registry = new RealRegistry();
        var reference = $"{registry.Host}/a:1";

        var pushed = await CreateAsync(name, compression, reference, null, registry.Options());
        var folder = await CreateAsync(name, compression, reference, At("layout"), new RegistryOptions());
        var file = await CreateAsync(name, compression, reference, At("image.tar"), new RegistryOptions());
        Tools.RunSkopeo("copy", "--preserve-digests", "--src-tls-verify=false", $"docker://{reference}", $"dir:{At("one")}");
        Tools.RunSkopeo("copy", "--preserve-digests", $"oci:{At("layout")}:{reference}", $"dir:{At("two")}");
        Tools.RunSkopeo("copy", "--preserve-digests", $"oci-archive:{At("image.tar")}", $"dir:{At("three")}");

        Assert.Equal((pushed.Digest, pushed.Digest), (folder.Digest, file.Digest));
        var layer = await File.ReadAllBytesAsync(Path.Combine(At("one"), pushed.LayerDigest![7..]));
        Assert.Equal(layer, await File.ReadAllBytesAsync(Path.Combine(At("two"), pushed.LayerDigest![7..])));
        Assert.Equal(layer, await File.ReadAllBytesAsync(Path.Combine(At("three"), pushed.LayerDigest![7..])));
        using var manifest = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(At("one"), "manifest.json")));
        Assert.Equal($"application/vnd.oci.image.layer.v1.{mediaType}", manifest.RootElement.GetProperty("layers")[0].Text("mediaType"));
        using var config = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(At("one"), manifest.RootElement.Text("config", "digest")[7..])));
        Assert.Equal(Images.Sha256(Tar(name)), config.RootElement.GetProperty("rootfs").GetProperty("diff_ids")[0].GetString());
        Assert.Equal(mediaType, pushed.Compression switch { ArchiveCompression.Gzip => "tar+gzip", ArchiveCompression.Zstd => "tar+zstd", _ => "tar" });
    }

    [Theory]
    [InlineData(ArchiveCompression.Gzip)]
    [InlineData(ArchiveCompression.Zstd)]
    public async Task What_is_compressed_can_be_read_as_a_checkpoint_again(ArchiveCompression compression)
    {
        var image = await CreateAsync("crio-counter.tar", compression, "r.io/a:1", At("layout"), new RegistryOptions());
        var blob = Path.Combine(At("layout"), "blobs", "sha256", image.LayerDigest![7..]);

        var archive = await KubeCheckpoint.Archives.Summaries.CheckpointArchiveReader.ReadAsync(blob, CancellationToken.None);

        Assert.Equal((compression, "counter"), (archive.Compression, archive.PodName));
        Assert.True(new FileInfo(blob).Length < new FileInfo(Fixture.PathOf("crio-counter.tar")).Length / 2);
    }

    [Theory]
    [InlineData("two gzip members", true)]
    [InlineData("gzip and zeros", false)]
    [InlineData("a skippable frame and zstd", false)]
    [InlineData("two zstd frames", true)]
    public async Task A_layer_is_what_runtimes_can_unpack(string what, bool isFile)
    {
        var tar = await File.ReadAllBytesAsync(Fixture.PathOf("crio-counter.tar"));
        byte[] skippable = [0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 7];
        byte[] bytes = what switch
        {
            "two gzip members" => [.. GzipBytes.Member(tar.AsSpan(0, 5000)), .. GzipBytes.Member(tar.AsSpan(5000))],
            "gzip and zeros" => [.. GzipBytes.Member(tar), .. new byte[1000]],
            "a skippable frame and zstd" => [.. skippable, .. Zstd(tar)],
            _ => [.. Zstd(tar[..5000]), .. skippable, .. Zstd(tar[5000..])],
        };
        var path = _folder.Write("counter.tar.compressed", bytes);
        var archive = await KubeCheckpoint.Archives.Summaries.CheckpointArchiveReader.ReadAsync(path, CancellationToken.None);

        var request = new RestoreImageRequest { Archive = archive, Reference = "r.io/a:1", Destination = At("layout"), Registry = new RegistryOptions() };
        var image = await RestoreImageFactory.CreateAsync(request, null, CancellationToken.None);

        var layer = await File.ReadAllBytesAsync(Path.Combine(At("layout"), "blobs", "sha256", image.LayerDigest![7..]));
        Assert.Equal(isFile, layer.SequenceEqual(bytes));
        Assert.Equal(archive.Compression, image.Compression);
        Assert.Equal(tar, GzipBytes.Read(layer, archive.Compression));
        Assert.True(layer is [0x28, 0xb5, 0x2f, 0xfd, ..] or [0x1f, 0x8b, ..]);
        await foreach (var test in RestoreImageChecker.CheckAsync(new RestoreImageQuery { Path = At("layout"), Registry = new RegistryOptions() }, false, null, (_, failure) => throw failure, CancellationToken.None))
            Assert.True(test.IsWhole, string.Join(';', test.Findings));
    }

    private static byte[] Zstd(byte[] content)
    {
        using var target = new MemoryStream();
        using (var writer = new SharpCompress.Compressors.ZStandard.CompressionStream(target, leaveOpen: true))
            writer.Write(content);
        return target.ToArray();
    }

    [Fact]
    public async Task No_temporary_file_is_left_whatever_happens()
    {
        using var source = new CancellationTokenSource();
        var before = Leftovers();
        await CreateAsync("crio-redis.tar", ArchiveCompression.Zstd, "r.io/a:1", At("layout"), new RegistryOptions());
        source.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => CreateAsync("crio-redis.tar", ArchiveCompression.Gzip, "r.io/a:1", At("other"), new RegistryOptions(), source.Token));

        // Other test processes write temporary files too; theirs go away by themselves.
        Assert.True(SpinWait.SpinUntil(() => !Leftovers().Except(before).Any(), TimeSpan.FromSeconds(60)));
    }

    private static string[] Leftovers() => Directory.GetFiles(Path.GetTempPath(), "KubeCheckpoint-*.tmp");

    private static byte[] Tar(string name) => name.EndsWith(".tar", StringComparison.Ordinal) ? File.ReadAllBytes(Fixture.PathOf(name)) : Fixture.Decompress(name);

    private string At(string name) => Path.Combine(_folder.Path, name);

    private static async Task<RestoreImage> CreateAsync(
        string name, ArchiveCompression compression, string reference, string? destination, RegistryOptions registry, CancellationToken cancellationToken = default) =>
        await RestoreImageFactory.CreateAsync(
            new RestoreImageRequest { Archive = await Images.ReadAsync(name), Reference = reference, Destination = destination, Compression = compression, Registry = registry },
            null, cancellationToken);
}

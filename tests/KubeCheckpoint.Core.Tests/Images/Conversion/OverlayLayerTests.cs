using System.Formats.Tar;
using System.IO.Compression;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Archives.Summaries;
using KubeCheckpoint.Archives.Tar;
using KubeCheckpoint.Core.Tests.Images.Registry;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Images;
using KubeCheckpoint.Images.Content;
using KubeCheckpoint.Images.Conversion;
using KubeCheckpoint.Images.Oci;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Core.Tests.Images.Conversion;

/// <summary>Tests the second layer: how it is written, buffered and published.</summary>
public sealed class OverlayLayerTests : IDisposable
{
    private const int Large = 48 * 1024 * 1024;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Many_changed_files_go_through_a_temporary_file_and_not_through_memory()
    {
        var archive = await CheckpointArchiveReader.ReadAsync(WithLargeDiff(), CancellationToken.None);
        RuntimeConversion.Build(new ConversionRequest(archive, CheckpointEngine.CriO), CancellationToken.None).Dispose();
        var before = GC.GetAllocatedBytesForCurrentThread();
        using var conversion = RuntimeConversion.Build(new ConversionRequest(archive, CheckpointEngine.CriO), CancellationToken.None);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.InRange(conversion.Overlay!.Descriptor.Size, Large, Large + 64 * 1024);
        Assert.IsType<FileByteSource>(conversion.Overlay.Source);
        Assert.InRange(allocated, 0, 8 * 1024 * 1024);
        Assert.Equal(conversion.Overlay.Descriptor.Digest, Digest.FromSha256(System.Security.Cryptography.SHA256.HashData(conversion.Overlay.Open())));
    }

    [Fact]
    public void A_temporary_file_is_private_and_has_no_name()
    {
        if (OperatingSystem.IsWindows())
            return;
        using var file = TemporaryFile.Create();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        if (OperatingSystem.IsLinux())
            Assert.EndsWith(" (deleted)", new FileInfo($"/proc/self/fd/{file.DangerousGetHandle()}").LinkTarget, StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_disk_is_reported()
    {
        if (!OperatingSystem.IsLinux())
            return;
        using var full = new OverlayBuffer("a.tar", () => File.OpenHandle("/dev/full", FileMode.Open, FileAccess.ReadWrite));
        using var none = new OverlayBuffer("a.tar", () => throw new UnauthorizedAccessException("no"));
        var failures = new[] { full, none }.Select(buffer => Assert.Throws<KubeCheckpointException>(() => buffer.Write(new byte[2 * 1024 * 1024])));

        Assert.All(failures, failure => Assert.Equal(("OverlayNotWritable", FailureCategory.WriteError), (failure.ErrorId, failure.Category)));
    }

    [Fact]
    public async Task A_conversion_ends_when_it_is_cancelled()
    {
        var archive = await CheckpointArchiveReader.ReadAsync(WithLargeDiff(), CancellationToken.None);
        using var cancellation = new CancellationTokenSource();
        using var wholly = new OverlayWriter(archive.Path);
        using var content = new CancellingStream(cancellation);

        Assert.Throws<OperationCanceledException>(() => wholly.Copy("a", content, cancellation.Token));
        Assert.Throws<OperationCanceledException>(() => RuntimeConversion.Build(new ConversionRequest(archive, CheckpointEngine.CriO), cancellation.Token));
    }

    [Fact]
    public void Members_are_written_with_their_folders_long_names_and_sizes_that_were_not_known()
    {
        using var overlay = new OverlayWriter("a.tar");
        var longName = $"volumes/{new string('v', 180)}.tar";
        overlay.Add("config.dump", "{}");
        overlay.Add("checkpoint/files.img", new byte[1000]);
        overlay.Add("checkpoint/x.img", stream => stream.Write(new byte[700]));
        overlay.Add(longName, "l");
        Assert.Throws<InvalidOperationException>(() => overlay.Add("config.dump", "again"));
        using var layer = overlay.Finish(CancellationToken.None)!;

        var entries = new List<(string, long, UnixFileMode, DateTimeOffset)>();
        using var reader = new TarReader(layer.Open());
        while (reader.GetNextEntry() is { } entry)
            entries.Add((entry.Name, entry.Length, entry.Mode, entry.ModificationTime));
        const UnixFileMode File = UnixFileMode.UserRead | UnixFileMode.UserWrite, Folder = File | UnixFileMode.UserExecute;
        Assert.Equal(
            [("config.dump", 2L, File, DateTimeOffset.UnixEpoch), ("checkpoint/", 0, Folder, DateTimeOffset.UnixEpoch), ("checkpoint/files.img", 1000, File, DateTimeOffset.UnixEpoch),
                ("checkpoint/x.img", 700, File, DateTimeOffset.UnixEpoch), ("volumes/", 0, Folder, DateTimeOffset.UnixEpoch), (longName, 1, File, DateTimeOffset.UnixEpoch)],
            entries);
        Assert.Equal(0, layer.Descriptor.Size % 512);
    }

    [Fact]
    public void A_large_size_is_written_as_gnu_does()
    {
        var header = TarBlocks.Header("a", '0', 0x180);
        TarBlocks.SetSize(header, 12L * 1024 * 1024 * 1024);

        Assert.True(new TarHeader(header).HasValidChecksum());
        Assert.True(new TarHeader(header).TryGetSize(out var size));
        Assert.Equal(12L * 1024 * 1024 * 1024, size);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65535)]
    [InlineData(65536)]
    [InlineData(200_000)]
    public void Stored_gzip_round_trips(int length)
    {
        var content = new byte[length];
        new Random(length).NextBytes(content);
        using var packed = new MemoryStream();
        StoredGzip.Write(new MemoryStream(content), packed, CancellationToken.None);
        packed.Position = 0;

        using var gzip = new GZipStream(packed, CompressionMode.Decompress);
        using var result = new MemoryStream();
        gzip.CopyTo(result);
        Assert.Equal(content, result.ToArray());
    }

    [Theory]
    [InlineData("layout")]
    [InlineData("archive.tar")]
    public async Task Layouts_and_archives_hold_both_layers(string destination)
    {
        var archive = await CheckpointArchiveReader.ReadAsync(WithLargeDiff(), CancellationToken.None);
        var path = Path.Combine(_folder.Path, destination);
        var image = await RestoreImageFactory.CreateAsync(
            new RestoreImageRequest { Archive = archive, TargetRuntime = CheckpointEngine.CriO, Destination = path, Registry = new RegistryOptions() }, null, CancellationToken.None);

        var blobs = Directory.Exists(path)
            ? Directory.GetFiles(Path.Combine(path, "blobs", "sha256")).ToDictionary(file => Path.GetFileName(file), File.ReadAllBytes)
            : Converted.ReadTar(File.OpenRead(path)).Where(file => file.Name.StartsWith("blobs/", StringComparison.Ordinal)).ToDictionary(file => file.Name["blobs/sha256/".Length..], file => file.Content);
        Assert.Equal(4, blobs.Count);
        Assert.All(blobs, blob => Assert.Equal(blob.Key, Images.Sha256(blob.Value)["sha256:".Length..]));
        Assert.Equal(image.Size, blobs.Sum(blob => (long)blob.Value.Length));
        var manifest = System.Text.Json.JsonDocument.Parse(blobs[image.Digest["sha256:".Length..]]).RootElement;
        var config = System.Text.Json.JsonDocument.Parse(blobs[manifest.Text("config", "digest")["sha256:".Length..]]).RootElement;
        Assert.Equal(manifest.GetProperty("layers").EnumerateArray().Select(layer => layer.Text("digest")), config.GetProperty("rootfs").GetProperty("diff_ids").EnumerateArray().Select(id => id.GetString()));
        Assert.Equal("CriO", config.Text("config", "Labels", RestoreImageLabels.TargetRuntime));
        Assert.Equal(image.Needs!.Mounts, RestoreNeedsLabel.Read(config.Text("config", "Labels", RestoreImageLabels.Needs))!.Mounts);
    }

    [RequiresToolsFact(Tools.Registry, Tools.Skopeo)]
    public async Task A_registry_gets_both_layers()
    {
        using var registry = new RealRegistry();
        var reference = $"{registry.Host}/a/b:1";
        await RestoreImageFactory.CreateAsync(
            new RestoreImageRequest
            {
                Archive = await Images.ReadAsync("podman-redis.tar.zst"),
                TargetRuntime = CheckpointEngine.Containerd,
                BaseImage = "registry.example/redis:8",
                Reference = reference,
                Registry = registry.Options(),
            },
            null, CancellationToken.None);

        Tools.RunSkopeo("copy", "--src-tls-verify=false", $"docker://{reference}", $"oci:{_folder.Path}/copy:1");
        var config = System.Text.Json.JsonDocument.Parse(Tools.RunSkopeo("inspect", "--config", "--tls-verify=false", $"docker://{reference}")).RootElement;
        Assert.Equal(2, config.GetProperty("rootfs").GetProperty("diff_ids").GetArrayLength());
    }

    private string WithLargeDiff()
    {
        using var layer = new MemoryStream();
        using (var gzip = new GZipStream(layer, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(gzip, TarEntryFormat.Gnu))
        {
            tar.WriteEntry(new GnuTarEntry(TarEntryType.RegularFile, "srv/large") { DataStream = new MemoryStream(new byte[Large]) });
            tar.WriteEntry(new GnuTarEntry(TarEntryType.RegularFile, "srv/.wh.gone") { DataStream = new MemoryStream() });
        }
        return _folder.Write("large.tar", new TarBuilder().Checkpoint().Add("checkpoint/pstree.img", CriuImageBytes.Of(KubeCheckpoint.Criu.Images.CriuImageType.Pstree)).Add("rootfs-diff.tar", layer.ToArray()).End());
    }

    /// <summary>An endless stream that is cancelled in the middle.</summary>
    private sealed class CancellingStream(CancellationTokenSource cancellation) : ReadOnlyStream
    {
        private int _reads;

        public override int Read(Span<byte> buffer)
        {
            if (++_reads == 3)
                cancellation.Cancel();
            return buffer.Length;
        }
    }
}

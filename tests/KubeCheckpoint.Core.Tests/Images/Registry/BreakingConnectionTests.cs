using System.Security.Cryptography;
using KubeCheckpoint.Archives.Summaries;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Images;
using KubeCheckpoint.Images.Oci;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Core.Tests.Images.Registry;

/// <summary>
/// Uploads to the distribution project's registry, and downloads from it, over connections that break. It loses an upload whose request was
/// cut, with all that it had of it.
/// </summary>
public sealed class BreakingConnectionTests : IDisposable
{
    private const int MiB = 1 << 20;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [RequiresToolsTheory(Tools.Registry)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task An_archive_arrives_over_connections_that_break_after_some_megabytes(int seed)
    {
        using var registry = new RealRegistry();
        await using var proxy = new CuttingProxy(registry.Host, seed, 5 * MiB, 40 * MiB);
        var archive = await ArchiveAsync(64 * MiB);

        var image = await PushAsync(proxy.Host, archive, new UploadSizes());

        Assert.True(proxy.Cuts > 0);
        Assert.InRange(proxy.Sent, archive.Size, archive.Size + (80L * MiB));
        await AssertStoredAsync(registry, archive, image);
    }

    [RequiresToolsFact(Tools.Registry)]
    public async Task Chunks_become_as_small_as_connections_allow()
    {
        using var registry = new RealRegistry();
        await using var proxy = new CuttingProxy(registry.Host, 4, 600_000, 1_000_000);
        var archive = await ArchiveAsync(16 * MiB);

        var image = await PushAsync(proxy.Host, archive, new UploadSizes { Chunk = 16 * MiB, SmallestChunk = MiB / 2, HashFirst = MiB });

        Assert.True(proxy.Cuts >= 2);
        await AssertStoredAsync(registry, archive, image);
    }

    [RequiresToolsFact(Tools.Registry)]
    public async Task A_blob_that_was_sent_whole_is_sent_in_chunks_after_a_break()
    {
        using var registry = new RealRegistry();
        await using var proxy = new CuttingProxy(registry.Host, 5, MiB, 2 * MiB);
        var archive = await ArchiveAsync(8 * MiB);

        var image = await PushAsync(proxy.Host, archive, new UploadSizes());

        Assert.True(proxy.Cuts > 0);
        await AssertStoredAsync(registry, archive, image);
    }

    [RequiresToolsFact(Tools.Registry)]
    public async Task Connections_that_break_before_the_smallest_chunk_end_the_upload()
    {
        using var registry = new RealRegistry();
        await using var proxy = new CuttingProxy(registry.Host, 6, 20_000, 60_000);
        var archive = await ArchiveAsync(4 * MiB);

        var failure = await Assert.ThrowsAsync<KubeCheckpointException>(() => PushAsync(proxy.Host, archive, new UploadSizes()));

        Assert.Equal("RegistryUnreachable", failure.ErrorId);
        Assert.Contains($"0 of {archive.Size} bytes arrived", failure.Message, StringComparison.Ordinal);
        Assert.InRange(proxy.Cuts, 4, 20);
    }

    [RequiresToolsFact(Tools.Registry)]
    public async Task A_layer_is_read_over_connections_that_break()
    {
        using var registry = new RealRegistry();
        var archive = await ArchiveAsync(32 * MiB);
        var image = await PushAsync(registry.Host, archive, new UploadSizes());
        await using var proxy = new CuttingProxy(registry.Host, 7, MiB, 8 * MiB);

        await AssertReadsAsync(proxy.Host, archive, image);

        Assert.True(proxy.Cuts >= 4);
    }

    private static Task<RestoreImage> PushAsync(string host, CheckpointArchive archive, UploadSizes sizes) => RestoreImageFactory.CreateAsync(
        new RestoreImageRequest { Archive = archive, Reference = $"{host}/a:1", Registry = Quick(sizes) }, null, CancellationToken.None);

    private static async Task AssertStoredAsync(RealRegistry registry, CheckpointArchive archive, RestoreImage image)
    {
        Assert.Equal(["1"], await RestoreImageCatalog.ListTagsAsync($"{registry.Host}/a", new RegistryOptions(), CancellationToken.None));
        await AssertReadsAsync(registry.Host, archive, image);
    }

    private static async Task AssertReadsAsync(string host, CheckpointArchive archive, RestoreImage image)
    {
        Assert.True(Digest.TryParse(image.LayerDigest, out var digest));
        using var store = await RegistryStore.OpenAsync(ImageReference.Parse($"{host}/a:1"), Quick(new UploadSizes()), CancellationToken.None);
        using var blob = store.OpenBlob(new OciDescriptor(OciMediaTypes.LayerOf(ArchiveCompression.None), digest, archive.Size), CancellationToken.None);
        await Task.Run(() => BlobCheck.Verify(blob, digest, CancellationToken.None));
        await using var file = File.OpenRead(archive.Path);
        Assert.Equal(image.LayerDigest, "sha256:" + Convert.ToHexStringLower(await SHA256.HashDataAsync(file)));
    }

    private static RegistryOptions Quick(UploadSizes sizes) => new()
    {
        Sizes = sizes,
        Timings = new RegistryTimings { FirstDelay = TimeSpan.FromMilliseconds(50) },
    };

    private Task<CheckpointArchive> ArchiveAsync(int size)
    {
        var content = new byte[size];
        new Random(size).NextBytes(content);
        var bytes = new SyntheticCheckpoint().Task(1, 0).Raw("checkpoint/pages-1.img", content).End();
        return CheckpointArchiveReader.ReadAsync(_folder.Write($"{Guid.NewGuid():n}.tar", bytes), CancellationToken.None);
    }
}

using System.Text.Json;
using KubeCheckpoint.Archives.Checks;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Archives.Requirements;
using KubeCheckpoint.Archives.Statistics;
using KubeCheckpoint.Archives.Summaries;
using KubeCheckpoint.Cluster.Restore.Files;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Core.Tests.Images.Conversion;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Cluster.Transfer;

/// <summary>Archives whose pages went to a registry only: whatever a move reads of them is the same as of the whole archives.</summary>
public sealed class WithoutPagesTests : IDisposable
{
    private readonly UnnamedFiles _files = new();
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Archives => Fixture.Archives;

    public void Dispose()
    {
        _files.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Archives))]
    public async Task A_move_reads_the_same_of_an_archive_without_pages(string name)
    {
        var whole = Fixture.PathOf(name);
        var kept = await KeepAsync(await File.ReadAllBytesAsync(whole));

        Assert.Equal(await ReadAsync(whole), (await ReadAsync(kept)).Replace(JsonEncodedText.Encode(kept).ToString(), JsonEncodedText.Encode(whole).ToString(), StringComparison.Ordinal));
        foreach (var target in Enum.GetValues<CheckpointEngine>())
        {
            using var expected = await Converted.OfAsync(whole, target);
            using var converted = await Converted.OfAsync(kept, target);
            Assert.Equal(expected.Conversion.Overlay?.Descriptor, converted.Conversion.Overlay?.Descriptor);
        }
    }

    [Fact]
    public async Task No_page_is_on_the_disk_and_whoever_reads_one_is_told_so()
    {
        var secret = Enumerable.Repeat("the password of the shop "u8.ToArray(), 4_000).SelectMany(bytes => bytes).ToArray();
        var tar = new TarBuilder()
            .Add("config.dump", TarBuilder.Config).Add("spec.dump", TarBuilder.Spec)
            .Add("checkpoint/inventory.img", "inventory").Add("checkpoint/pages-1.img", secret).Add("checkpoint/core-1.img", "core")
            .Pax("path=./checkpoint/pages-22.img").Add("x", secret).Add("rootfs-diff.tar", "files").End();

        var path = await KeepAsync(tar, pieces: 777);

        var file = UnnamedFiles.Find(path)!;
        Assert.Equal(["checkpoint/pages-1.img", "checkpoint/pages-22.img"], file.Omitted.Select(range => range.Member));
        var onDisk = new byte[file.Length];
        Assert.Equal(tar.Length, RandomAccess.Read(file.Handle, onDisk, 0));
        Assert.Equal(-1, onDisk.AsSpan().IndexOf("password"u8));
        using var archive = ArchiveFile.Open(path);
        var members = archive.ReadIndex(default).ToDictionary(member => member.Name);
        Assert.Equal("files"u8.ToArray(), archive.ReadAll(members["rootfs-diff.tar"], archive.OpenMember(members["rootfs-diff.tar"], default), 100));
        Assert.Equal("core"u8.ToArray(), archive.ReadAll(members["checkpoint/core-1.img"], archive.OpenMember(members["checkpoint/core-1.img"], default), 100));
        var failure = Assert.Throws<KubeCheckpointException>(() => archive.OpenMember(members["checkpoint/pages-22.img"], default).ReadByte());
        Assert.Equal("PagesNotKept", failure.ErrorId);
        Assert.Contains("'checkpoint/pages-22.img'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_filled_again_has_other_pages()
    {
        var file = PartialFile.OpenWithoutPages(_files["again.tar"]);
        await file.AppendAsync(new TarBuilder().Add("checkpoint/pages-1.img", new byte[5_000]).End().AsMemory(0, 3_000));
        file.Restart();

        await file.AppendAsync(new TarBuilder().Add("config.dump", TarBuilder.Config).Add("checkpoint/pages-2.img", new byte[700]).End());

        await file.CloseAsync();
        Assert.Equal([("checkpoint/pages-2.img", 1_536L, 2_560L)], _files["again.tar"].Omitted.Select(range => (range.Member, range.Start, range.End)));
    }

    [Theory]
    [InlineData("pages-1.img")]
    [InlineData("checkpoint/pagemap-1.img")]
    [InlineData("volumes/checkpoint/pages-1.img")]
    public async Task Whatever_is_not_pages_is_kept(string name)
    {
        var tar = new TarBuilder().Add(name, new string('x', 3_000)).End();

        var path = await KeepAsync(tar);

        Assert.Empty(UnnamedFiles.Find(path)!.Omitted);
        using var source = FileByteSource.Open(path);
        var read = new byte[tar.Length];
        source.Read(read, 0);
        Assert.Equal(tar, read);
    }

    // What Move-Pod and Test-PodRestore read of an archive, besides its conversion.
    private static async Task<string> ReadAsync(string path)
    {
        var overview = await CheckpointArchiveReader.ReadAsync(path, default);
        var needs = await RestoreRequirementsReader.ReadAsync(path, default);
        return JsonSerializer.Serialize(new
        {
            overview.ContainerName,
            overview.Needs,
            overview.Size,
            needs,
            Obstacle = RestorableImages.FindObstacle(path, default)?.Message,
            Statistics = StatisticReader.Read(path, default),
            Files = ExpectedFiles.Read(path, [], 1_000, 10_000, default),
        });
    }

    private async Task<string> KeepAsync(byte[] bytes, int pieces = 100_000)
    {
        var unnamed = _files[Guid.NewGuid().ToString()];
        var file = PartialFile.OpenWithoutPages(unnamed);
        for (var offset = 0; offset < bytes.Length; offset += pieces)
            await file.AppendAsync(bytes.AsMemory(offset, Math.Min(pieces, bytes.Length - offset)));
        await file.FlushAsync(default);
        Assert.Equal(Images.Images.Sha256(bytes), $"sha256:{file.CurrentHash()}");
        await file.CloseAsync();
        return unnamed.Path;
    }
}

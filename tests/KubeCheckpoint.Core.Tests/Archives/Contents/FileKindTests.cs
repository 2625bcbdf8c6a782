using System.IO.Compression;
using System.Text;
using KubeCheckpoint.Archives.Summaries;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Images;
using KubeCheckpoint.Images.Oci;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Core.Tests.Archives.Contents;

/// <summary>Whatever is given in place of a checkpoint archive or an image is named for what it is.</summary>
public sealed class FileKindTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("7f454c4602010100000000000000000004003e00", "an ELF core dump", "gdb")]
    [InlineData("7f454c4602020100000000000000000000040016", "an ELF core dump", "gdb")]
    [InlineData("7f454c4602010100000000000000000003003e00", "an ELF program or library", "checkpoint archive")]
    [InlineData("1943565416313158", "a single CRIU image", "ConvertFrom-CriuImage")]
    public async Task Binary_files_are_known_by_their_first_bytes(string hex, string kind, string advice) =>
        await AssertNamedAsync(Convert.FromHexString(hex), kind, advice);

    [Theory]
    [InlineData("{\"kind\":\"Pod\"}", "a JSON file", "describes")]
    [InlineData("\ufeff\r\n [1]", "a JSON file", "describes")]
    [InlineData("<!DOCTYPE html><html><body>Sign in</body></html>", "an HTML page", "browser")]
    [InlineData("\n<HTML lang=en>", "an HTML page", "browser")]
    [InlineData("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>", "an XML file", "server says")]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "a text file", "path")]
    public async Task Texts_are_known_by_how_they_begin(string text, string kind, string advice) =>
        await AssertNamedAsync(Encoding.UTF8.GetBytes(text), kind, advice);

    [Fact]
    public async Task What_is_compressed_and_no_tar_stays_an_archive_failure()
    {
        using var compressed = new MemoryStream();
        await using (var gzip = new GZipStream(compressed, CompressionMode.Compress, leaveOpen: true))
            await gzip.WriteAsync("{}"u8.ToArray());

        await Failing.WithAsync("NotAnArchive", () => CheckpointArchiveReader.ReadAsync(_folder.Write("a.tar", compressed.ToArray()), default));
    }

    [Theory]
    [InlineData("an OCI archive", "Get-RestoreImage -Path", "blobs/sha256/00", "index.json", "oci-layout")]
    [InlineData("an image in the format of 'docker save'", "skopeo copy docker-archive:", "abc/layer.tar", "abc.json", "manifest.json")]
    [InlineData("a tar of a root file system", "config.dump", "bin", "etc", "usr", "etc/hostname")]
    public async Task Other_tars_are_known_by_their_members(string kind, string advice, params string[] names)
    {
        foreach (var compress in new[] { false, true })
        {
            var failure = await Failing.WithAsync("ArchiveMemberMissing", () => CheckpointArchiveReader.ReadAsync(Tar(names, compress), default));
            Assert.Contains($"is not a checkpoint archive: it is {kind}", failure.Message, StringComparison.Ordinal);
            Assert.Contains(advice, failure.RecommendedAction, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_checkpoint_that_lacks_a_member_is_still_one()
    {
        var failure = await Failing.WithAsync("ArchiveMemberMissing", () => CheckpointArchiveReader.ReadAsync(Tar(["spec.dump", "checkpoint/inventory.img"], false), default));
        Assert.Contains("it has no member 'config.dump'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_layout_folder_is_named_where_a_checkpoint_belongs()
    {
        await KubeCheckpoint.Core.Tests.Images.Images.WriteAsync("crio-counter.tar", Path.Combine(_folder.Path, "layout"), "x");

        var failure = await Failing.WithAsync("FolderWithoutCheckpoint", () => CheckpointArchiveReader.ReadAsync(Path.Combine(_folder.Path, "layout"), default));
        Assert.Contains("it is an OCI image layout", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Get-RestoreImage -Path", failure.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_checkpoint_archive_is_named_where_an_image_belongs()
    {
        var query = new RestoreImageQuery { Path = Fixture.PathOf("crio-counter.tar"), Registry = new RegistryOptions() };
        var failure = await Failing.WithAsync("NotAnImageLayout", async () => await RestoreImageCatalog.FindAsync(query, (_, failure) => throw failure, default).ToListAsync());

        Assert.Contains("it is a checkpoint archive", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Get-CheckpointArchive", failure.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_is_named_where_the_name_of_an_image_belongs()
    {
        var image = Tar(["oci-layout", "index.json"], false);
        var failure = Assert.Throws<KubeCheckpointException>(() => ImageReference.Parse(image));

        Assert.Equal("ImageNameInvalid", failure.ErrorId);
        Assert.Contains("but a file or folder", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Get-RestoreImage -Path", failure.RecommendedAction, StringComparison.Ordinal);
        Assert.Contains("-Path", ImageFailure.ImageNameInvalid(_folder.Write("empty.tar", []), "x").RecommendedAction, StringComparison.Ordinal);
        Assert.Contains("registry.example", ImageFailure.ImageNameInvalid("No Name", "x").RecommendedAction, StringComparison.Ordinal);
    }

    private async Task AssertNamedAsync(byte[] content, string kind, string advice)
    {
        foreach (var padding in new[] { 0, 2000 })
        {
            var path = _folder.Write("given.tar", [.. content, .. Enumerable.Repeat((byte)' ', padding)]);
            var failure = await Failing.WithAsync("NotAnArchive", () => CheckpointArchiveReader.ReadAsync(path, default));
            Assert.Contains($"is not an archive: it is {kind}", failure.Message, StringComparison.Ordinal);
            Assert.Contains(advice, failure.RecommendedAction, StringComparison.Ordinal);
        }
    }

    private string Tar(string[] names, bool compress)
    {
        var tar = new TarBuilder();
        foreach (var name in names)
        {
            var isFolder = name is "bin" or "etc" or "usr";
            tar.Add(name, isFolder ? "" : "x", isFolder ? '5' : '0');
        }

        var bytes = tar.End();
        if (!compress)
            return _folder.Write("given.tar", bytes);
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionMode.Compress, leaveOpen: true))
            gzip.Write(bytes);
        return _folder.Write("given.tar.gz", compressed.ToArray());
    }
}

using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Images.Conversion;

/// <summary>Changed and deleted files in the form of each runtime: unpacked as each runtime does, they give the same file system.</summary>
public sealed class ChangedFilesTests
{
    private const string CriOSpec = """{"annotations":{"io.container.manager":"cri-o","io.kubernetes.cri-o.Metadata":"{\"name\":\"c\"}"}}""";
    private const string PodmanSpec = """{"annotations":{"io.container.manager":"libpod"}}""";

    [Fact]
    public async Task Deleted_replaced_and_emptied_folders_are_converted_from_containerd()
    {
        var image = new FileTree().File("etc/a").File("etc/b/c").File("opt/x/old").File("opt/x/deep/older").File("usr/lib/l").File("keep");
        var layer = Tar(tar =>
        {
            Folder(tar, "etc/");
            File(tar, "etc/.wh.a");
            File(tar, "etc/.wh.b");
            File(tar, "etc/b", "now a file");
            Folder(tar, "opt/");
            Folder(tar, "opt/x/", 0x1c0);
            File(tar, "opt/x/.wh..wh..opq");
            File(tar, "opt/x/new", "new");
            File(tar, "usr/.wh.lib");
            File(tar, "usr/lib/again", "again");
        });

        await AssertSameAsync(image, layer);
        var (tar, deleted) = await FromContainerdAsync(layer);
        Assert.Equal(["/etc/a"], JsonSerializer.Deserialize<string[]>(deleted!)!);
        Assert.DoesNotContain(Converted.ReadTar(new MemoryStream(tar!)), file => file.Name.Contains(".wh.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_marker_for_an_emptied_folder_may_come_after_what_is_new_in_it()
    {
        var image = new FileTree().File("d/old").File("d/sub/older").File("e/old");
        await AssertSameAsync(image, Tar(tar =>
        {
            File(tar, "d/new", "new");
            Folder(tar, "d/sub/");
            File(tar, "d/sub/newer");
            File(tar, "d/.wh..wh..opq");
            File(tar, "e/.wh..wh..opq");
        }));
    }

    [Fact]
    public async Task Attributes_links_long_names_and_times_are_kept()
    {
        var name = $"{new string('n', 150)}/{new string('m', 200)}";
        var layer = Tar(tar =>
        {
            File(tar, ".wh.gone");
            var file = new PaxTarEntry(TarEntryType.RegularFile, "a/attributes", [new("SCHILY.xattr.user.color", "blue"), new("SCHILY.xattr.security.capability", "x")])
            {
                Mode = UnixFileMode.SetUser | UnixFileMode.UserRead | UnixFileMode.UserExecute,
                Uid = 12,
                Gid = 34,
                ModificationTime = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000),
                DataStream = new MemoryStream("data"u8.ToArray()),
            };
            tar.WriteEntry(file);
            File(tar, name, "deep");
            tar.WriteEntry(new GnuTarEntry(TarEntryType.HardLink, "a/hard") { LinkName = "a/attributes" });
            tar.WriteEntry(new GnuTarEntry(TarEntryType.SymbolicLink, "a/soft") { LinkName = "../etc/passwd" });
            tar.WriteEntry(new GnuTarEntry(TarEntryType.Fifo, "a/pipe"));
        });

        await AssertSameAsync(new FileTree().File("gone"), layer);
        var (tar, _) = await FromContainerdAsync(layer);
        // Everything but the whiteout, block for block.
        Assert.Equal(layer.AsSpan(512, layer.Length - 512).ToArray(), tar!.AsSpan(0, layer.Length - 512).ToArray());
    }

    [Fact]
    public async Task A_layer_without_deletions_stays_the_same()
    {
        using var folder = new TemporaryFolder();
        var layer = Gzip(Tar(tar => File(tar, "a", "b")));
        foreach (var target in new[] { CheckpointEngine.CriO, CheckpointEngine.Podman })
        {
            using var converted = await Converted.OfAsync(Containerd(folder, layer), target);
            Assert.False(converted.Has("rootfs-diff.tar"));
            Assert.False(converted.Has("deleted.files"));
        }
        using var criO = await Converted.OfAsync(Listing(folder, CriOSpec, Tar(tar => File(tar, "a", "b")), null), CheckpointEngine.Containerd);
        Assert.False(criO.Has("rootfs-diff.tar"));
    }

    [Fact]
    public async Task A_folder_that_was_removed_and_made_again_is_not_lost()
    {
        // As CRI-O 1.36 lists it: /data is deleted, and what is in it is new.
        var image = new FileTree().File("data/old").File("etc/a");
        var files = Tar(tar => File(tar, "data/d/f", "new"));
        var deleted = Json("/data", "/etc/a");
        var wanted = new FileTree().File("data/d/f", "new").Folder("etc");
        using var folder = new TemporaryFolder();

        using var containerd = await Converted.OfAsync(Listing(folder, CriOSpec, files, deleted), CheckpointEngine.Containerd);
        using var podman = await Converted.OfAsync(Listing(folder, CriOSpec, files, deleted), CheckpointEngine.Podman, withBase: false);
        using var criO = await Converted.OfAsync(Listing(folder, PodmanSpec, files, deleted), CheckpointEngine.CriO);

        Assert.Equal(wanted.Files, image.Clone().Apply(new MemoryStream(containerd["rootfs-diff.tar"])).Files);
        Assert.Equal(wanted.Files, image.Clone().UnpackThenDelete(new MemoryStream(podman["rootfs-diff.tar"]), podman["deleted.files"]).Files);
        Assert.Equal(wanted.Files, image.Clone().UnpackThenDelete(new MemoryStream(criO["rootfs-diff.tar"]), criO["deleted.files"]).Files);
    }

    [Fact]
    public async Task What_is_only_deleted_becomes_a_layer_of_whiteouts()
    {
        using var folder = new TemporaryFolder();
        using var converted = await Converted.OfAsync(Listing(folder, CriOSpec, null, Json("/b", "/a/x", "/a", "/ab")), CheckpointEngine.Containerd);

        var image = new FileTree().File("a/x").File("a/y/z").File("b/c").File("ab").File("keep");
        Assert.Equal([".wh.a", ".wh.ab", ".wh.b"], Converted.ReadTar(new MemoryStream(converted["rootfs-diff.tar"])).Select(file => file.Name));
        Assert.Equal(new FileTree().File("keep").Files, image.Apply(new MemoryStream(converted["rootfs-diff.tar"])).Files);
    }

    [Fact]
    public async Task Any_layer_gives_the_same_files_in_all_runtimes_and_back()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            await AssertSameAsync(ImageOf(random), LayerOf(random));
        }
    }

    [Theory]
    [InlineData("a/.wh...")]
    [InlineData(".wh..")]
    [InlineData(".wh...")]
    public async Task Whiteouts_that_climb_out_are_refused(string name)
    {
        using var folder = new TemporaryFolder();
        var refusal = await Converted.RefusalAsync(Containerd(folder, Gzip(Tar(tar => File(tar, name)))), CheckpointEngine.CriO);

        Assert.Equal("ArchiveDamaged", refusal.ErrorId);
        Assert.Contains("rootfs-diff.tar", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""["../etc/passwd"]""", "ArchiveMemberInvalid")]
    [InlineData("""["/a/../../b"]""", "ArchiveMemberInvalid")]
    [InlineData("""["/"]""", "ArchiveMemberInvalid")]
    [InlineData("""[""]""", "ArchiveMemberInvalid")]
    [InlineData("""[5]""", "ArchiveMemberInvalid")]
    [InlineData("""{"a":1}""", "ArchiveMemberInvalid")]
    [InlineData("""["/a/.wh.b"]""", "FileNotConvertible")]
    public async Task Invalid_deleted_paths_are_refused(string json, string errorId)
    {
        using var folder = new TemporaryFolder();
        var refusal = await Converted.RefusalAsync(Listing(folder, CriOSpec, null, Encoding.UTF8.GetBytes(json)), CheckpointEngine.Containerd);

        Assert.Equal(errorId, refusal.ErrorId);
    }

    [Fact]
    public async Task A_file_that_containerd_would_read_as_a_whiteout_is_refused()
    {
        using var folder = new TemporaryFolder();
        var refusal = await Converted.RefusalAsync(Listing(folder, CriOSpec, Tar(tar => File(tar, "srv/.wh.data", "x")), null), CheckpointEngine.Containerd);

        Assert.Equal("FileNotConvertible", refusal.ErrorId);
        Assert.Contains("/srv/.wh.data", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damaged_and_endless_layers_are_refused()
    {
        using var folder = new TemporaryFolder();
        var whole = Gzip(Tar(tar => File(tar, ".wh.a")));
        var refusals = new[]
        {
            await Converted.RefusalAsync(Containerd(folder, "no tar at all, whatever its name says"u8.ToArray()), CheckpointEngine.CriO),
            await Converted.RefusalAsync(Containerd(folder, whole[..^12]), CheckpointEngine.CriO),
            await Converted.RefusalAsync(Containerd(folder, Headers(9)), CheckpointEngine.CriO),
        };

        Assert.Equal(["NotAnArchive", "ArchiveTruncated", "ArchiveDamaged"], refusals.Select(refusal => refusal.ErrorId));
        Assert.All(refusals, refusal => Assert.Contains("rootfs-diff.tar", refusal.Message, StringComparison.Ordinal));
    }

    private static async Task AssertSameAsync(FileTree image, byte[] layer)
    {
        var wanted = image.Clone().Apply(new MemoryStream(layer)).Files;
        var (tar, deleted) = await FromContainerdAsync(layer);
        Assert.Equal(wanted, tar is null ? image.Clone().Apply(new MemoryStream(layer)).Files : image.Clone().UnpackThenDelete(new MemoryStream(tar), deleted).Files);
        using var folder = new TemporaryFolder();
        using var back = await Converted.OfAsync(Listing(folder, CriOSpec, tar ?? layer, deleted), CheckpointEngine.Containerd);
        Assert.Equal(wanted, image.Clone().Apply(new MemoryStream(back.Has("rootfs-diff.tar") ? back["rootfs-diff.tar"] : tar ?? layer)).Files);
    }

    private static async Task<(byte[]? Tar, byte[]? Deleted)> FromContainerdAsync(byte[] layer)
    {
        using var folder = new TemporaryFolder();
        using var converted = await Converted.OfAsync(Containerd(folder, Gzip(layer)), CheckpointEngine.CriO);
        return (converted.Has("rootfs-diff.tar") ? converted["rootfs-diff.tar"] : null, converted.Has("deleted.files") ? converted["deleted.files"] : null);
    }

    private static string Containerd(TemporaryFolder folder, byte[] layer) => folder.Write("a.tar", new TarBuilder().Checkpoint().Add("rootfs-diff.tar", layer).Add("checkpoint/pstree.img", Pstree).End());

    private static string Listing(TemporaryFolder folder, string spec, byte[]? files, byte[]? deleted)
    {
        var tar = new TarBuilder().Add("config.dump", """{"id":"0a","name":"c","rootfsImageName":"i:1","rootfsImageRef":"0000000000000000000000000000000000000000000000000000000000000000"}""").Add("spec.dump", spec).Add("checkpoint/pstree.img", Pstree);
        if (files is not null)
            tar.Add("rootfs-diff.tar", files);
        if (deleted is not null)
            tar.Add("deleted.files", deleted);
        return folder.Write("b.tar", tar.End());
    }

    private static byte[] Pstree => CriuImageBytes.Of(KubeCheckpoint.Criu.Images.CriuImageType.Pstree);

    private static byte[] Json(params string[] paths) => JsonSerializer.SerializeToUtf8Bytes(paths);

    private static byte[] Gzip(byte[] content)
    {
        using var result = new MemoryStream();
        using (var gzip = new GZipStream(result, CompressionMode.Compress))
            gzip.Write(content);
        return result.ToArray();
    }

    private static byte[] Headers(int count)
    {
        var tar = new TarBuilder();
        for (var i = 0; i < count; i++)
            tar.Add("././@LongLink", new byte[1000 * 1000], 'L');
        return tar.Add("a", "b").End();
    }

    private static byte[] Tar(Action<TarWriter> write)
    {
        using var result = new MemoryStream();
        using (var tar = new TarWriter(result, TarEntryFormat.Gnu, leaveOpen: true))
            write(tar);
        return result.ToArray();
    }

    private static void File(TarWriter tar, string name, string content = "") => tar.WriteEntry(new GnuTarEntry(TarEntryType.RegularFile, name)
    {
        Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
        DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)),
    });

    private static void Folder(TarWriter tar, string name, int mode = 0x1ed) => tar.WriteEntry(new GnuTarEntry(TarEntryType.Directory, name) { Mode = (UnixFileMode)mode });

    // A small tree with few names, so that paths collide; and the changes that a container may have made, as a comparison of both lists them.
    private static string PathOf(int number) => number switch
    {
        < 3 => $"{"abc"[number]}",
        < 12 => $"{"abc"[(number - 3) / 3]}/{"abc"[(number - 3) % 3]}",
        _ => $"{"abc"[(number - 12) / 9 % 3]}/{"abc"[(number - 12) / 3 % 3]}/{"abc"[(number - 12) % 3]}",
    };

    private static FileTree ImageOf(Random random)
    {
        var image = new FileTree();
        for (var i = random.Next(9); i > 0; i--)
            image.File(PathOf(random.Next(12, 39)), "image");
        return image;
    }

    private static byte[] LayerOf(Random random) => Tar(tar =>
    {
        var steps = Enumerable.Range(0, random.Next(1, 11)).Select(_ => (Path: PathOf(random.Next(39)), Kind: random.Next(5)));
        // A path occurs once, and nothing is within a file or a deleted folder.
        var said = new HashSet<string>(StringComparer.Ordinal);
        var closed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (path, kind) in steps.DistinctBy(step => step.Path).OrderBy(step => step.Path, StringComparer.Ordinal).ToList())
        {
            if (closed.Any(other => path.StartsWith(other + "/", StringComparison.Ordinal)) || !said.Add(path))
                continue;
            for (var end = path.IndexOf('/', StringComparison.Ordinal); end >= 0; end = path.IndexOf('/', end + 1))
            {
                if (said.Add(path[..end]))
                    Folder(tar, path[..end] + "/");
            }
            var whiteout = path[..(path.LastIndexOf('/') + 1)] + ".wh." + path[(path.LastIndexOf('/') + 1)..];
            switch (kind)
            {
                case 0:
                    File(tar, whiteout);
                    closed.Add(path);
                    break;
                case 1:
                    File(tar, path, "layer");
                    closed.Add(path);
                    break;
                case 2:
                    File(tar, whiteout);
                    Folder(tar, path + "/", 0x1e8);
                    break;
                case 3:
                    Folder(tar, path + "/");
                    File(tar, path + "/.wh..wh..opq");
                    break;
                default:
                    Folder(tar, path + "/", 0x1c0);
                    break;
            }
        }
    });
}

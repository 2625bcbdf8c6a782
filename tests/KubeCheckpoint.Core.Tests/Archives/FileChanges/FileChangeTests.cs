using System.IO.Compression;
using System.Text;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.FileChanges;
using KubeCheckpoint.Core.Tests.Support;
using ZstdWriter = SharpCompress.Compressors.ZStandard.CompressionStream;

namespace KubeCheckpoint.Core.Tests.Archives.FileChanges;

public sealed class FileChangeTests
{
    private const string CriO = """{"annotations":{"io.container.manager":"cri-o"}}""";

    [Fact]
    public void CriO_has_files_as_they_are_and_a_list_of_deleted_ones() => Assert.Equal(
        [
            "Added drwxr-xr-x 0:0 /data/d",
            "Added -rw-r--r-- 0:0 2 /data/d/f",
            "Written lrwxrwxrwx 0:0 /etc/mtab -> /proc/mounts",
            "Written -rw-r--r-- 0:0 6 /tmp/written-in-container",
            "Written -rw-r--r-- 0:0 3 /www/count",
            "Deleted /etc/deleteme",
        ],
        Lines("crio-counter.tar"));

    [Fact]
    public void Containerd_has_a_compressed_layer_with_whiteouts() => Assert.Equal(
        [
            "Written drwxr-xr-x 0:0 /data",
            "Written drwxr-xr-x 0:0 /data/d",
            "Written -rw-r--r-- 0:0 2 /data/d/f",
            "Written drwxr-xr-x 0:0 /etc",
            "Deleted /etc/deleteme",
            "Written -rw-r--r-- 0:0 0 /etc/hostname",
            "Written -rw-r--r-- 0:0 0 /etc/hosts",
            "Written -rw-r--r-- 0:0 0 /etc/resolv.conf",
            "Written drwxrwxrwt 0:0 /tmp",
            "Written -rw-r--r-- 0:0 6 /tmp/written-in-container",
            "Written drwxr-xr-x 0:0 /www",
            "Written -rw-r--r-- 0:0 3 /www/count",
        ],
        Lines("containerd-counter.tar"));

    [Theory]
    [InlineData("podman-counter-none.tar")]
    [InlineData("podman-counter-gzip.tar.gz")]
    [InlineData("podman-counter-zstd.tar.zst")]
    public void Podman_says_the_same_however_it_compresses(string name) => Assert.Equal(
        [
            "Written -rw-r--r-- 0:0 17 /tmp/env.txt",
            "Written -rw-r--r-- 0:0 6 /tmp/written-in-container",
            "Written -rw-r--r-- 0:0 2 /www/count",
            "Deleted /etc/deleteme",
        ],
        Lines(name));

    // /etc/zoo-changed.conf and /etc/zoo-chmod.conf were changed too, but are not in the archive: CRI-O keeps a changed file of the image
    // only if the node has a file with that path. Sockets are not in the tar either, which has no type for them.
    [Fact]
    public void What_the_zoo_is_known_to_have_changed_is_told_with_owner_mode_and_link()
    {
        Assert.Equal(
            [
                "Written lrwxrwxrwx 0:0 /etc/mtab -> /proc/mounts",
                "Added drwxrwxrwx 0:0 /run/zoo",
                "Added prw------- 1000:1000 /run/zoo/fifo",
                "Added -rw------- 1000:1000 0 /run/zoo/lockfile",
                "Added -rw------- 1000:1000 0 /run/zoo/posixlock",
                "Added drwxr-x--- 0:0 /srv/newdir",
                "Added -rw-r----- 0:0 6 /srv/newdir/inner.txt",
                "Added lrwxrwxrwx 0:0 /srv/newdir/link -> ../zoo-new.txt",
                "Written -rw-r----- 0:0 15 /srv/zoo-new.txt",
                "Written -rw-r----- 0:0 9 /var/tmp/append.log",
                "Added drwxr-x--- 1000:1000 /var/tmp/sleepdir",
                "Deleted /etc/zoo-deleteme",
                "Deleted /opt/gone",
            ],
            Lines("zoo-crio.tar"));
        var written = Read("zoo-crio.tar").Where(change => change.Change != FileChangeKind.Deleted);
        Assert.All(written, change => Assert.Equal(new DateTime(2026, 11, 23), change.ModifiedAt!.Value.UtcDateTime.Date));
    }

    [Fact]
    public void Names_that_are_not_utf8_are_escaped_and_stay_different()
    {
        static void WriteLatin1(byte[] block, byte letter) => Encoding.Latin1.GetBytes($"home/caf{(char)letter}").CopyTo(block, 0);
        var diff = new TarBuilder()
            .Header("x", TarBuilder.Octal(0), '0', block => WriteLatin1(block, 0xe8))
            .Header("x", TarBuilder.Octal(0), '0', block => WriteLatin1(block, 0xe9))
            .Pax("path", [.. "home/é"u8, 0xe9, 0xff, .. "€"u8]).Add("x", "")
            .Link("home/link", "t", '2').Header("home/link2", TarBuilder.Octal(0), '2', block => block[157] = 0xe9);

        var changes = Read(new TarBuilder().Add("spec.dump", CriO).Add("rootfs-diff.tar", diff.End()).End());

        Assert.Equal(["/home/caf\\xE8", "/home/caf\\xE9", "/home/é\\xE9\\xFF€", "/home/link", "/home/link2"], changes.Select(change => change.Path));
        Assert.Equal("\\xE9", changes[^1].LinkTarget);
    }

    [Fact]
    public void An_archive_without_changes_has_none() => Assert.Empty(Read("podman-redis.tar.zst"));

    [Fact]
    public void Every_kind_of_file_and_every_field_of_a_header_is_read()
    {
        var diff = new TarBuilder()
            .Header("dev/null", TarBuilder.Octal(0), '3', block => Fields(block, mode: "0020666"))
            .Header("dev/sda", TarBuilder.Octal(0), '4', block => Fields(block, mode: "0060660"))
            .Header("run/pipe", TarBuilder.Octal(0), '6', block => Fields(block, mode: "0010600"))
            .Add("bin/first", "content")
            .Header("bin/second", TarBuilder.Octal(0), '1', block => Fields(block, link: "bin/first"))
            .Header("bin/hidden", TarBuilder.Octal(0), '1', block => Fields(block, link: "./.secret/x"))
            .Header("bin/sudo", TarBuilder.Octal(0), '0', block => Fields(block, mode: "0004755", user: "root", group: "wheel"))
            .Header("bin/odd", TarBuilder.Octal(0), '0', block => Fields(block, mode: "0007000"))
            .Pax("uid=4000000000", "gid=4100000000", "uname=jurgen", "mtime=1700000000.123456789", "linkpath=/" + new string('t', 300), "SCHILY.xattr.user.x=y")
            .Header("srv/link", TarBuilder.Octal(0), '2', block => Fields(block, link: "short"))
            .Add("././@LongLink", "/long/" + new string('u', 200) + "\0", 'K')
            .Header("srv/long", TarBuilder.Octal(0), '2', block => Fields(block, link: "cut"));

        var changes = Read(new TarBuilder().Add("spec.dump", CriO).Add("rootfs-diff.tar", diff.End()).End());

        Assert.Equal(
            [
                "Written crw-rw-rw- 0:0 /dev/null",
                "Written brw-rw---- 0:0 /dev/sda",
                "Written prw------- 0:0 /run/pipe",
                "Written -rw-r--r-- 0:0 7 /bin/first",
                "Written -rw-r--r-- 0:0 /bin/second -> /bin/first",
                "Written -rw-r--r-- 0:0 /bin/hidden -> /.secret/x",
                "Written -rwsr-xr-x root:wheel 0 /bin/sudo",
                "Written ---S--S--T 0:0 0 /bin/odd",
                "Written lrw-r--r-- jurgen:4100000000 /srv/link -> /" + new string('t', 300),
                "Written lrw-r--r-- 0:0 /srv/long -> /long/" + new string('u', 200),
            ],
            changes.Select(Line));
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1700000000).AddTicks(1234567), changes[8].ModifiedAt);
        Assert.Equal(4000000000, changes[8].UserId);
        Assert.Null(changes[0].ModifiedAt);
    }

    [Fact]
    public void Whiteouts_count_in_layers_only()
    {
        var diff = new TarBuilder().Add("etc/", "", '5').Add("etc/.wh..wh..opq", "").Add("etc/.wh.passwd", "").Add(".wh.top", "")
            .Add(".wh..wh..opq", "").Add("x/.wh..wh.plnk", "").Add("x/.wh.", "").End();
        List<string> layer = ["Written /etc", "Replaced /etc", "Deleted /etc/passwd", "Deleted /top", "Replaced /", "Written /x/.wh."];
        List<string> files = ["Added /etc", "Added /etc/.wh..wh..opq", "Added /etc/.wh.passwd", "Written /.wh.top", "Written /.wh..wh..opq", "Written /x/.wh..wh.plnk", "Written /x/.wh."];

        Assert.Equal(layer, Short(new TarBuilder().Add("spec.dump", TarBuilder.Spec).Add("rootfs-diff.tar", diff).End()));
        Assert.Equal(layer, Short(new TarBuilder().Add("rootfs-diff.tar", Gzip(diff)).Add("spec.dump", TarBuilder.Spec).End()));
        Assert.Equal(layer, Short(new TarBuilder().Add("rootfs-diff.tar", Zstd(diff)).Add("spec.dump", TarBuilder.Spec).End()));
        Assert.Equal(files, Short(new TarBuilder().Add("spec.dump", CriO).Add("rootfs-diff.tar", diff).End()));
        Assert.Equal(files, Short(new TarBuilder().Add("spec.dump", CriO).Add("rootfs-diff.tar", Gzip(diff)).End()));
    }

    [Fact]
    public void In_a_compressed_archive_the_engine_may_come_too_late_and_the_compression_tells()
    {
        var diff = new TarBuilder().Add("etc/.wh.passwd", "").End();

        Assert.Equal(["Deleted /etc/passwd"], Short(Gzip(new TarBuilder().Add("rootfs-diff.tar", Gzip(diff)).Add("spec.dump", TarBuilder.Spec).End())));
        Assert.Equal(["Written /etc/.wh.passwd"], Short(Gzip(new TarBuilder().Add("rootfs-diff.tar", diff).Add("spec.dump", CriO).End())));
    }

    [Fact]
    public void A_file_may_come_twice_and_a_diff_may_be_empty()
    {
        var twice = new TarBuilder().Add("a", "1").Add("a", "22").End();

        Assert.Equal(["Written /a", "Written /a"], Short(new TarBuilder().Add("spec.dump", CriO).Add("rootfs-diff.tar", twice).End()));
        Assert.Empty(Short(new TarBuilder().Add("spec.dump", TarBuilder.Spec).Add("rootfs-diff.tar", Gzip(new byte[1024])).End()));
    }

    public static TheoryData<string, string, string> Damages => new()
    {
        { "noise", "ArchiveMemberInvalid", "member 'rootfs-diff.tar' at offset 1536: it is not a tar" },
        { "nothing", "ArchiveMemberInvalid", "it is not a tar" },
        { "cut", "ArchiveTruncated", "memory.tar/rootfs-diff.tar' is truncated in member 'big' at offset 1024" },
        { "cut gzip", "ArchiveTruncated", "memory.tar/rootfs-diff.tar' is truncated" },
        { "gzip with a wrong checksum", "ArchiveDamaged", "gzip stream is damaged" },
        { "climbing", "ArchiveDamaged", "leaves the archive" },
        { "a folder of that name", "ArchiveDamaged", "of kind Directory" },
        { "deleted is an object", "ArchiveMemberInvalid", "not an array" },
        { "deleted has numbers", "ArchiveMemberInvalid", "not a UTF-8 string" },
        { "deleted is text", "ArchiveMemberInvalid", "not JSON" },
        { "no spec", "ArchiveMemberMissing", "spec.dump" },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public void Damage_is_named(string what, string errorId, string words)
    {
        var small = new TarBuilder().Add("a", "b").Add("big", new byte[4000]).End();
        var tar = new TarBuilder().Add("spec.dump", CriO);
        var wrong = Gzip(small);
        wrong[^5] ^= 1;
        var bytes = what switch
        {
            "noise" => tar.Add("rootfs-diff.tar", [.. Enumerable.Range(0, 4096).Select(index => (byte)(index * 7 + 1))]).End(),
            "nothing" => tar.Add("rootfs-diff.tar", "").End(),
            "cut" => tar.Add("rootfs-diff.tar", small[..2000]).End(),
            "cut gzip" => tar.Add("rootfs-diff.tar", Gzip(small)[..^12]).End(),
            "gzip with a wrong checksum" => tar.Add("rootfs-diff.tar", wrong).End(),
            "climbing" => tar.Add("rootfs-diff.tar", new TarBuilder().Add("a/../../x", "").End()).End(),
            "a folder of that name" => tar.Add("rootfs-diff.tar/", "", '5').End(),
            "deleted is an object" => tar.Add("deleted.files", "{}").End(),
            "deleted has numbers" => tar.Add("deleted.files", "[1]").End(),
            "deleted is text" => tar.Add("deleted.files", "/etc/passwd").End(),
            "no spec" => new TarBuilder().Add("deleted.files", """["/a"]""").End(),
            _ => throw new ArgumentException(what),
        };

        var failure = Assert.Throws<KubeCheckpointException>(() => Read(bytes));

        Assert.Equal(errorId, failure.ErrorId);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("containerd-counter.tar")]
    [InlineData("crio-counter.tar")]
    public void Damaged_variants_are_read_or_refused_by_name(string name)
    {
        var whole = File.ReadAllBytes(Fixture.PathOf(name));
        using var file = ArchiveFile.Open(Fixture.PathOf(name));
        var places = file.ReadIndex(CancellationToken.None).Where(member => member.Name is "rootfs-diff.tar" or "deleted.files" or "spec.dump").ToList();
        var random = new Random(11);
        var refused = 0;
        for (var round = 0; round < 3000; round++)
        {
            var damaged = (byte[])whole.Clone();
            var place = places[random.Next(places.Count)];
            for (var flips = random.Next(1, 6); flips > 0; flips--)
                damaged[place.DataOffset + random.NextInt64(place.Size)] = (byte)random.Next(256);
            try
            {
                Read(damaged);
            }
            catch (KubeCheckpointException failure)
            {
                refused++;
                Assert.NotEmpty(failure.RecommendedAction);
            }
        }
        Assert.InRange(refused, 100, 2999);
    }

    private static void Fields(byte[] block, string mode = "0000644", string link = "", string user = "", string group = "")
    {
        Encoding.ASCII.GetBytes(mode).CopyTo(block, 100);
        "0000000"u8.CopyTo(block.AsSpan(108));
        "0000000"u8.CopyTo(block.AsSpan(116));
        Encoding.UTF8.GetBytes(link).CopyTo(block, 157);
        Encoding.UTF8.GetBytes(user).CopyTo(block, 265);
        Encoding.UTF8.GetBytes(group).CopyTo(block, 297);
    }

    private static List<CheckpointFileChange> Read(string name) => [.. FileChangeReader.Read(Fixture.PathOf(name), CancellationToken.None)];

    private static List<CheckpointFileChange> Read(byte[] bytes)
    {
        using var archive = new ArchiveFile(new MemorySource(bytes));
        return [.. FileChangeReader.Read(archive, CancellationToken.None)];
    }

    private static IEnumerable<string> Lines(string name) => Read(name).Select(Line);

    private static IEnumerable<string> Short(byte[] bytes) => Read(bytes).Select(change => $"{change.Change} {change.Path}");

    private static string Line(CheckpointFileChange change)
    {
        var owner = change.UserId is null ? null : $"{change.UserName ?? $"{change.UserId}"}:{change.GroupName ?? $"{change.GroupId}"}";
        string?[] words = [$"{change.Change}", change.UnixMode, owner, change.Size is { } size ? $"{size}" : null, change.Path, change.LinkTarget is { } target ? $"-> {target}" : null];
        return string.Join(' ', words.Where(word => word is not null));
    }

    private static byte[] Gzip(byte[] content) => Pack(content, stream => new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true));

    private static byte[] Zstd(byte[] content) => Pack(content, stream => new ZstdWriter(stream, leaveOpen: true));

    private static byte[] Pack(byte[] content, Func<Stream, Stream> open)
    {
        using var target = new MemoryStream();
        using (var packer = open(target))
            packer.Write(content);
        return target.ToArray();
    }
}

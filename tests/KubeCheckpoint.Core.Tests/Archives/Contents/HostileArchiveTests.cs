using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.Summaries;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Archives.Contents;

public sealed class HostileArchiveTests
{
    public static TheoryData<string, string, string> Cases => new()
    {
        { "empty", "NotAnArchive", "it is empty" },
        { "text", "NotAnArchive", "shorter than a tar header" },
        { "noise", "NotAnArchive", "does not begin with a tar header" },
        { "zeros", "NotAnArchive", "begins with zeros" },
        { "other tar", "ArchiveMemberMissing", "'config.dump'" },
        { "no spec", "ArchiveMemberMissing", "is not a checkpoint archive" },
        { "duplicate", "ArchiveDamaged", "member 'config.dump' at offset 2048: an earlier member has the same name" },
        { "duplicate with ./", "ArchiveDamaged", "an earlier member has the same name" },
        { "link", "ArchiveDamaged", "of kind SymbolicLink" },
        { "hard link", "ArchiveDamaged", "member 'config.dump' at offset 0: it is a hard link to '', and no file of that name comes before it" },
        { "device", "ArchiveDamaged", "of kind Other" },
        { "absolute twice", "ArchiveDamaged", "an earlier member has the same name" },
        { "climbing", "ArchiveDamaged", "leaves the archive" },
        { "pax climbing", "ArchiveDamaged", "leaves the archive" },
        { "negative size", "ArchiveDamaged", "size field of a header is not valid" },
        { "huge size", "ArchiveDamaged", "size field of a header is not valid" },
        { "size beyond the end", "ArchiveTruncated", "member 'x' at offset 2048" },
        { "largest size", "ArchiveDamaged", "its size is impossible" },
        { "size is text", "ArchiveDamaged", "size field of a header is not valid" },
        { "pax size negative", "ArchiveDamaged", "PAX header is malformed" },
        { "pax length lies", "ArchiveDamaged", "PAX header is malformed" },
        { "pax claims 1 GiB", "ArchiveDamaged", "extended header claims 1073741824 bytes" },
        { "global pax path", "ArchiveDamaged", "global header" },
        { "sparse of another program", "TarFormatNotSupported", "member 'x' at offset 0: it is a sparse file in a format of another program" },
        { "pax sparse of another version", "TarFormatNotSupported", "member 'x' at offset 1024: it is a sparse file in a format of another program" },
        { "pax sparse without a map", "ArchiveDamaged", "its sparse map is malformed" },
        { "folder with data", "ArchiveDamaged", "folder with data" },
        { "lone zero block", "ArchiveDamaged", "zeros in place" },
        { "no end", "ArchiveTruncated", "at offset 2048" },
        { "bad json", "ArchiveMemberInvalid", "not JSON" },
        { "json array", "ArchiveMemberInvalid", "not an object" },
        { "json number", "ArchiveMemberInvalid", "'name'" },
        { "json twice", "ArchiveMemberInvalid", "not JSON" },
        { "json deep", "ArchiveMemberInvalid", "not JSON" },
        { "json surrogate", "ArchiveMemberInvalid", "UTF-8" },
        { "json annotation type", "ArchiveMemberInvalid", "'annotations'" },
        { "json 17 MiB", "ArchiveMemberTooLarge", "17825792 bytes in member 'config.dump' at offset 0" },
        { "gzip of noise", "ArchiveDamaged", "gzip stream is damaged" },
        { "gzip of text", "NotAnArchive", "shorter than a tar header" },
        { "terminal escape", "ArchiveDamaged", "\\u001b[31m" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Is_refused_by_name(string what, string errorId, string words)
    {
        var failure = Assert.Throws<KubeCheckpointException>(() => Read(Make(what)));

        Assert.Equal(errorId, failure.ErrorId);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
        Assert.Contains("memory.tar", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', failure.Message);
    }

    [Fact]
    public async Task A_missing_file_and_a_folder_are_told_apart()
    {
        using var folder = new TemporaryFolder();
        var missing = await Assert.ThrowsAsync<KubeCheckpointException>(() =>
            CheckpointArchiveReader.ReadAsync(Path.Combine(folder.Path, "none.tar"), CancellationToken.None));
        var directory = await Assert.ThrowsAsync<KubeCheckpointException>(() =>
            CheckpointArchiveReader.ReadAsync(folder.Path, CancellationToken.None));

        Assert.Equal(("ArchiveNotFound", "FolderWithoutCheckpoint"), (missing.ErrorId, directory.ErrorId));
    }

    [Theory]
    [InlineData("podman-counter-gzip.tar.gz")]
    [InlineData("podman-counter-zstd.tar.zst")]
    public void A_compressed_archive_that_lacks_its_last_byte_is_cut(string name)
    {
        var failure = Assert.Throws<KubeCheckpointException>(() => Read(File.ReadAllBytes(Fixture.PathOf(name))[..^1]));

        Assert.Equal("ArchiveTruncated", failure.ErrorId);
    }

    internal static CheckpointArchive Read(byte[] bytes)
    {
        using var file = new ArchiveFile(new MemorySource(bytes));
        return CheckpointArchiveReader.Read(file, CancellationToken.None);
    }

    private static byte[] Make(string what)
    {
        var tar = new TarBuilder();
        return what switch
        {
            "empty" => [],
            "text" => "hello"u8.ToArray(),
            "noise" => [.. Enumerable.Range(0, 4096).Select(index => (byte)(index * 7 + 1))],
            "zeros" => new byte[10240],
            "other tar" => tar.Add("a", "b").End(),
            "no spec" => tar.Add("config.dump", TarBuilder.Config).End(),
            "duplicate" => tar.Checkpoint().Add("config.dump", "{}").End(),
            "duplicate with ./" => tar.Checkpoint().Add("./config.dump", "{}").End(),
            "link" => tar.Add("config.dump", "", '2').End(),
            "hard link" => tar.Add("config.dump", "", '1').End(),
            "device" => tar.Add("spec.dump", "", '3').End(),
            "absolute twice" => tar.Checkpoint().Add("//config.dump", "").End(),
            "climbing" => tar.Checkpoint().Add("checkpoint/../../x", "").End(),
            "pax climbing" => tar.Checkpoint().Pax("path=../x").Add("y", "").End(),
            "negative size" => tar.Header("x", [.. Enumerable.Repeat((byte)0xff, 12)]).End(),
            "huge size" => tar.Header("x", [0x80, 1, .. new byte[10]]).End(),
            "largest size" => tar.Header("x", TarBuilder.Base256(long.MaxValue)).End(),
            "size beyond the end" => tar.Checkpoint().Header("x", TarBuilder.Octal(1 << 30)).End(),
            "size is text" => tar.Header("x", "00000000x00\0"u8.ToArray()).End(),
            "pax size negative" => tar.Pax("size=-1").Add("x", "").End(),
            "pax length lies" => tar.Add("pax", "9999 path=x\n", 'x').Add("x", "").End(),
            "pax claims 1 GiB" => tar.Header("pax", TarBuilder.Octal(1 << 30), 'x').End(),
            "global pax path" => tar.Add("pax", "10 path=x\n", 'g').End(),
            "sparse of another program" => tar.Add("x", "", 'S').End(),
            "pax sparse of another version" => tar.Pax("GNU.sparse.major=2", "GNU.sparse.minor=0").Add("x", "").End(),
            "pax sparse without a map" => tar.Pax("GNU.sparse.size=1").Add("x", "").End(),
            "folder with data" => tar.Add("x/", "data", '\0').End(),
            "lone zero block" => [.. tar.Checkpoint().Cut(), .. new byte[512], .. new TarBuilder().Add("x", "").End()],
            "no end" => tar.Checkpoint().Cut(),
            "bad json" => tar.Add("config.dump", "{").Add("spec.dump", "{}").End(),
            "json array" => tar.Add("config.dump", "[]").Add("spec.dump", "{}").End(),
            "json number" => tar.Add("config.dump", """{"name":5}""").Add("spec.dump", "{}").End(),
            "json twice" => tar.Add("config.dump", """{"name":"a","name":"b"}""").Add("spec.dump", "{}").End(),
            "json deep" => tar.Add("config.dump", "{\"a\":" + new string('[', 5000)).Add("spec.dump", "{}").End(),
            "json surrogate" => tar.Add("config.dump", """{"name":"\ud800"}""").Add("spec.dump", "{}").End(),
            "json annotation type" => tar.Add("config.dump", """{"name":"a"}""").Add("spec.dump", """{"annotations":[]}""").End(),
            "json 17 MiB" => tar.Add("config.dump", new byte[17 << 20]).End(),
            "gzip of noise" => [0x1f, 0x8b, .. "noise, noise, noise"u8],
            "gzip of text" => Gzip("text"u8.ToArray()),
            "terminal escape" => tar.Add("\u001b[31m", "").Add("\u001b[31m", "").End(),
            _ => throw new ArgumentException(what),
        };
    }

    private static byte[] Gzip(byte[] content)
    {
        using var target = new MemoryStream();
        using (var gzip = new System.IO.Compression.GZipStream(target, System.IO.Compression.CompressionLevel.Fastest))
            gzip.Write(content);
        return target.ToArray();
    }
}

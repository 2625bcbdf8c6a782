using System.IO.Compression;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.Expansion;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Archives.Expansion;

public sealed class ArchiveExpansionTests : IDisposable
{
    private const UnixFileMode FileMode600 = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Archives => Fixture.Archives;

    private string Destination => Path.Combine(_folder.Path, "out");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Archives))]
    public void Every_file_of_a_real_archive_is_written_as_it_is(string name)
    {
        var results = Expand(Fixture.PathOf(name));

        Assert.All(results, result => Assert.Null(result.Failure));
        using var archive = ArchiveFile.Open(Fixture.PathOf(name));
        var members = archive.ReadIndex(CancellationToken.None).Where(member => member.Kind == ArchiveMemberKind.File).ToList();
        Assert.Equal(members.Select(member => member.Name), results.Select(result => result.File!.Member));
        foreach (var (member, file) in members.Zip(results.Select(result => result.File!)))
        {
            Assert.Equal(archive.ReadMember(member), File.ReadAllBytes(file.Path));
            Assert.Equal((Path.Combine(Destination, member.Name), member.Size), (file.Path, file.Size));
            Assert.Equal(member.ModifiedAt!.Value.UtcDateTime, File.GetLastWriteTimeUtc(file.Path));
        }
        AssertOnlyOwnerReads();
    }

    [Fact]
    public void Only_what_is_wanted_is_written()
    {
        var results = Expand(Fixture.PathOf("crio-counter.tar"), wanted: name => name.EndsWith(".dump", StringComparison.Ordinal));

        Assert.Equal(["config.dump", "spec.dump"], results.Select(result => result.File!.Member).Order());
        Assert.Equal(["config.dump", "spec.dump"], Directory.GetFileSystemEntries(Destination).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void Without_wanted_files_no_folder_is_created()
    {
        Assert.Empty(Expand(Fixture.PathOf("crio-counter.tar"), wanted: _ => false));
        Assert.False(Directory.Exists(Destination));
    }

    [Theory]
    [InlineData('2', "SymbolicLink")]
    [InlineData('3', "Other")]
    [InlineData('6', "Other")]
    public void Links_and_devices_are_refused_one_by_one(char type, string kind)
    {
        var results = Expand(Write(new TarBuilder().Add("before", "1").Add("volumes/x", "", type).Add("volumes/after", "2").End()));

        Assert.Equal(["before", "volumes/after"], results.Select(result => result.File?.Member).OfType<string>());
        var failure = Assert.Single(results, result => result.File is null).Failure!;
        Assert.Equal("MemberNotExpandable", failure.ErrorId);
        Assert.Contains(kind, failure.Message, StringComparison.Ordinal);
        Assert.Equal(["after"], Directory.GetFileSystemEntries(Path.Combine(Destination, "volumes")).Select(Path.GetFileName));
    }

    [UnixFact]
    public void A_folder_that_is_exchanged_for_a_link_meanwhile_redirects_nothing()
    {
        var outside = Directory.CreateDirectory(Path.Combine(_folder.Path, "outside")).FullName;
        var archive = Write(new TarBuilder().Add("a/b/1", "x").Add("a/b/2", "y").Add("a/b/c/3", "z").Add("a/d/4", "z").End());
        var results = new List<ExpansionResult>();

        foreach (var result in ArchiveExpansion.Expand(Request(archive), null, CancellationToken.None))
        {
            results.Add(result);
            if (results.Count > 1)
                continue;
            Directory.Move(Path.Combine(Destination, "a"), Path.Combine(Destination, "moved"));
            Directory.CreateSymbolicLink(Path.Combine(Destination, "a"), outside);
            Directory.CreateDirectory(Path.Combine(outside, "b"));
        }

        Assert.Empty(Directory.GetFiles(outside, "*", SearchOption.AllDirectories));
        Assert.Equal([null, "DestinationLeadsAway", "DestinationLeadsAway"], results.Select(result => result.Failure?.ErrorId).Where((_, index) => index != 1));
    }

    [Fact]
    public void Nothing_is_written_through_a_link_to_a_folder()
    {
        var outside = Directory.CreateDirectory(Path.Combine(_folder.Path, "outside")).FullName;
        Directory.CreateDirectory(Destination);
        Directory.CreateSymbolicLink(Path.Combine(Destination, "checkpoint"), outside);

        var results = Expand(Write(new TarBuilder().Add("checkpoint/core-1.img", "x").Add("a", "y").Add("checkpoint/deep/b", "z").End()), force: true);

        Assert.Equal(["DestinationLeadsAway", null, "DestinationLeadsAway"], results.Select(result => result.Failure?.ErrorId));
        Assert.Empty(Directory.GetFileSystemEntries(outside));
    }

    [Fact]
    public void A_link_in_the_place_of_a_file_is_replaced_with_force_and_never_followed()
    {
        var outside = _folder.Write("outside", "precious"u8.ToArray());
        Directory.CreateDirectory(Destination);
        var link = Path.Combine(Destination, "config.dump");
        var broken = Path.Combine(Destination, "spec.dump");
        File.CreateSymbolicLink(link, outside);
        File.CreateSymbolicLink(broken, Path.Combine(_folder.Path, "none"));
        var archive = Write(new TarBuilder().Checkpoint().End());

        Assert.Equal(["DestinationExists", "DestinationExists"], Expand(archive).Select(result => result.Failure?.ErrorId));
        Assert.All(Expand(archive, force: true), result => Assert.Null(result.Failure));

        Assert.Equal("precious", File.ReadAllText(outside));
        Assert.Equal(TarBuilder.Config, File.ReadAllText(link));
        Assert.Null(new FileInfo(link).LinkTarget);
        Assert.False(File.Exists(Path.Combine(_folder.Path, "none")));
    }

    [Fact]
    public void Files_are_replaced_only_with_force()
    {
        Directory.CreateDirectory(Destination);
        File.WriteAllText(Path.Combine(Destination, "config.dump"), "mine");
        var archive = Write(new TarBuilder().Checkpoint().End());

        Assert.Equal(["DestinationExists", null], Expand(archive).Select(result => result.Failure?.ErrorId));
        Assert.Equal("mine", File.ReadAllText(Path.Combine(Destination, "config.dump")));

        Assert.All(Expand(archive, force: true), result => Assert.Null(result.Failure));
        Assert.Equal(TarBuilder.Config, File.ReadAllText(Path.Combine(Destination, "config.dump")));
        AssertOnlyOwnerReads();
    }

    [Fact]
    public void Conflicting_files_and_folders_are_named()
    {
        Directory.CreateDirectory(Path.Combine(Destination, "config.dump"));
        File.WriteAllText(Path.Combine(Destination, "volumes"), "");
        var results = Expand(Write(new TarBuilder().Checkpoint().Add("volumes/x", "y").End()), force: true);

        Assert.Equal(["DestinationExists", null, "DestinationNotWritable"], results.Select(result => result.Failure?.ErrorId));
    }

    [Theory]
    [InlineData("podman-counter-gzip.tar.gz")]
    [InlineData("podman-counter-zstd.tar.zst")]
    [InlineData("crio-counter.tar")]
    public void A_truncated_archive_leaves_only_complete_files(string name)
    {
        var whole = File.ReadAllBytes(Fixture.PathOf(name));
        Directory.CreateDirectory(Destination);
        using var original = ArchiveFile.Open(Fixture.PathOf(name));
        var sizes = original.ReadIndex(CancellationToken.None).ToDictionary(member => member.Name, member => member.Size);
        foreach (var share in new[] { 0.2, 0.5, 0.8, 0.99 })
        {
            var failure = Assert.Throws<KubeCheckpointException>(() => Expand(Write(whole[..(int)(whole.Length * share)]), force: true));

            Assert.Equal("ArchiveTruncated", failure.ErrorId);
            foreach (var file in Directory.EnumerateFiles(Destination, "*", SearchOption.AllDirectories))
                Assert.Equal(sizes[Path.GetRelativePath(Destination, file).Replace('\\', '/')], new FileInfo(file).Length);
        }
    }

    [Fact]
    public void Cancellation_in_the_middle_of_a_file_removes_it()
    {
        using var cancellation = new CancellationTokenSource();
        var archive = Write(new TarBuilder().Add("small", "x").Add("large", new byte[5 << 20]).End());
        var progress = new ImmediateProgress(value =>
        {
            if (value.Done > 2 << 20)
                cancellation.Cancel();
        });

        Assert.Throws<OperationCanceledException>(() => ArchiveExpansion.Expand(Request(archive), progress, cancellation.Token).Count());
        Assert.Equal(["small"], Directory.GetFileSystemEntries(Destination).Select(Path.GetFileName));
    }

    [Fact]
    public void Progress_goes_up_to_the_end_of_the_last_member()
    {
        var archive = Write(new TarBuilder().Add("a", new byte[3 << 20]).Add("b", new byte[2 << 20]).End());
        var reports = new List<TransferProgress>();

        Assert.Equal(2, ArchiveExpansion.Expand(Request(archive), new ImmediateProgress(reports.Add), CancellationToken.None).Count());

        Assert.Equal(reports.Select(report => report.Done).Order(), reports.Select(report => report.Done));
        Assert.Equal((5 << 20) + 1024, reports[^1].Done);
        Assert.All(reports, report => Assert.Equal(new FileInfo(archive).Length, report.Total));
    }

    [Fact]
    public void Stopping_the_enumeration_keeps_what_was_written()
    {
        var first = ArchiveExpansion.Expand(Request(Fixture.PathOf("podman-counter-zstd.tar.zst")), null, CancellationToken.None).First();

        Assert.Equal([first.File!.Path], Directory.GetFiles(Destination, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void A_claim_larger_than_the_disk_ends_it_before_anything_is_written()
    {
        var tar = new TarBuilder().Checkpoint().Header("checkpoint/pages-1.img", TarBuilder.Base256(1L << 60)).Cut();
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(tar);

        var failure = Assert.Throws<KubeCheckpointException>(() => Expand(Write(packed.ToArray())));

        Assert.Equal("DestinationDiskFull", failure.ErrorId);
        Assert.Empty(Directory.GetFiles(Path.Combine(Destination, "checkpoint")));
    }

    [Theory]
    [InlineData("a:stream", "< > :")]
    [InlineData("a\\..\\..\\b", "\\")]
    [InlineData("folder/nul", "device")]
    [InlineData("Com1.txt", "device")]
    [InlineData("COM\u00b2", "device")]
    [InlineData("x /y", "dots and spaces")]
    [InlineData("x.", "dots and spaces")]
    [InlineData("bell\a", "control")]
    public void Names_with_a_special_meaning_on_windows_are_refused_there(string name, string words)
    {
        var failure = Assert.Throws<KubeCheckpointException>(() => ExpandInto(forWindows: true, ignoresCase: true, name));

        Assert.Equal("MemberNameNotUsable", failure.ErrorId);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(Destination));
    }

    [Theory]
    [InlineData("console")]
    [InlineData("nulls/com10")]
    [InlineData(".hidden")]
    [InlineData("io.kubernetes.cri-o.LogPath")]
    public void Names_that_only_look_special_are_written_on_windows(string name)
    {
        ExpandInto(forWindows: true, ignoresCase: true, name);

        Assert.True(File.Exists(Path.Combine(Destination, name)));
    }

    [Fact]
    public void Names_that_are_equal_to_the_file_system_do_not_replace_each_other()
    {
        var failure = Assert.Throws<KubeCheckpointException>(() => ExpandInto(forWindows: false, ignoresCase: true, "checkpoint/A", "checkpoint/a"));

        Assert.Equal("MemberNameNotUsable", failure.ErrorId);
        Assert.Equal([Path.Combine(Destination, "checkpoint", "A")], Directory.GetFiles(Destination, "*", SearchOption.AllDirectories));
    }

    private void ExpandInto(bool forWindows, bool ignoresCase, params string[] names)
    {
        var tar = new TarBuilder();
        foreach (var name in names)
            tar.Add(name, "x");
        using var archive = new ArchiveFile(new MemorySource(tar.End()));
        using var folder = new ExpansionFolder(Request(archive.Path), new ExpansionMeter(archive, null), forWindows, ignoresCase);
        folder.Make();
        archive.Scan((member, data) => folder.Write(member, data, CancellationToken.None), CancellationToken.None);
    }

    private string Write(byte[] bytes) => _folder.Write("archive.tar", bytes);

    private List<ExpansionResult> Expand(string path, Func<string, bool>? wanted = null, bool force = false) =>
        [.. ArchiveExpansion.Expand(Request(path) with { IsWanted = wanted ?? (_ => true), Overwrite = force }, null, CancellationToken.None)];

    private ExpansionRequest Request(string path) => new() { ArchivePath = path, Destination = Destination };

    private void AssertOnlyOwnerReads()
    {
        if (OperatingSystem.IsWindows())
            return;
        foreach (var file in Directory.EnumerateFiles(Destination, "*", SearchOption.AllDirectories))
            Assert.Equal(FileMode600, File.GetUnixFileMode(file));
        foreach (var folder in Directory.EnumerateDirectories(Destination, "*", SearchOption.AllDirectories))
            Assert.Equal(FileMode600 | UnixFileMode.UserExecute, File.GetUnixFileMode(folder));
    }
}

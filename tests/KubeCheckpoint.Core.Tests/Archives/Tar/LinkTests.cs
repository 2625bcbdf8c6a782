using System.Diagnostics;
using System.Text;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.Expansion;
using KubeCheckpoint.Archives.Processes;
using KubeCheckpoint.Archives.Summaries;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Archives.Tar;

public sealed class LinkTests : IDisposable
{
    private static readonly ProcessQuery Everything = new() { IncludeEnvironment = true };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_hard_link_has_the_data_of_the_earlier_member()
    {
        var tar = new TarBuilder().Add("./a", "content").Link("b", "a").Link("c", "./b").Sparse("s", "gnu", 9, [(6, 3)], "end"u8.ToArray()).Link("t", "/s");

        Assert.Equal(["a=content", "b=content", "c=content", "s=\0\0\0\0\0\0end", "t=\0\0\0\0\0\0end"], Contents(tar.End()));
    }

    [Fact]
    public void A_symbolic_link_has_the_data_of_the_member_that_it_leads_to()
    {
        var tar = new TarBuilder().Link("checkpoint/one", "two", '2').Link("checkpoint/two", "../store/./three", '2').Add("store/three", "content").Link("four", "checkpoint/one", '2');

        Assert.Equal(["checkpoint/one=content", "checkpoint/two=content", "store/three=content", "four=content"], Contents(tar.End()));
    }

    [Fact]
    public void A_symbolic_link_that_leads_nowhere_stays_one()
    {
        var tar = new TarBuilder().Add("file", "content").Link("absolute", "/file", '2').Link("outside", "../file", '2').Link("missing", "other", '2')
            .Add("folder/", "", '5').Link("to-folder", "folder", '2').Link("round", "about", '2').Link("about", "round", '2').Link("self", "self", '2').Link("hard", "self");
        using var file = new ArchiveFile(new MemorySource(tar.End()));

        var links = file.ReadIndex(CancellationToken.None).Where(member => member.Name is not ("file" or "folder")).ToList();

        Assert.Equal(8, links.Count);
        Assert.All(links, link => Assert.Equal(ArchiveMemberKind.SymbolicLink, link.Kind));
    }

    [Fact]
    public void A_chain_of_symbolic_links_ends_after_forty()
    {
        TarBuilder Chain(int length) => Enumerable.Range(0, length).Aggregate(new TarBuilder(), (tar, i) => tar.Link($"{i}", $"{i + 1}", '2')).Add($"{length}", "end");

        Assert.Equal("0=end", Contents(Chain(40).End())[0]);
        Assert.StartsWith("1=end", Contents(Chain(41).End())[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Many_links_that_lead_through_the_same_long_targets_take_no_time()
    {
        var detour = string.Concat(Enumerable.Repeat("./", 2000));
        var tar = Enumerable.Range(0, 39).Aggregate(new TarBuilder().Add("c39", "end"), (tar, i) => tar.Pax($"linkpath={detour}c{i + 1}").Link($"c{i}", "x", '2')).Cut();
        var links = Enumerable.Range(0, 20_000).SelectMany(i => new TarBuilder().Link($"l{i}", "c0", '2').Cut());
        using var file = new ArchiveFile(new MemorySource([.. tar, .. links, .. new byte[1024]]));
        var watch = Stopwatch.StartNew();

        Assert.Equal(20_040, file.ReadIndex(CancellationToken.None).Count(member => member.Kind == ArchiveMemberKind.File));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"{watch.Elapsed}");
    }

    [Fact]
    public void A_target_that_is_longer_than_a_path_leads_nowhere()
    {
        var tar = new TarBuilder().Add("file", "content").Pax($"linkpath={string.Concat(Enumerable.Repeat("./", 2046))}file").Link("long", "x", '2')
            .Pax($"linkpath={string.Concat(Enumerable.Repeat("./", 2047))}file").Link("longer", "x", '2').End();

        Assert.Equal(["file=content", "long=content"], Contents(tar));
    }

    [Theory]
    [InlineData("later", "it is a hard link to 'b', and no file of that name comes before it")]
    [InlineData("missing", "it is a hard link to 'none', and no file of that name comes before it")]
    [InlineData("itself", "it is a hard link to 'a', and no file of that name comes before it")]
    [InlineData("a folder", "it is a hard link to 'f', and no file of that name comes before it")]
    [InlineData("outside", "it is a hard link to '../x', and no file of that name comes before it")]
    public void A_hard_link_to_no_earlier_file_is_damage(string what, string reason)
    {
        var tar = new TarBuilder().Add("f/", "", '5');
        var bytes = what switch
        {
            "later" => tar.Link("a", "b").Add("b", "content").End(),
            "missing" => tar.Link("a", "none").End(),
            "itself" => tar.Link("a", "a").End(),
            "a folder" => tar.Link("a", "f").End(),
            _ => tar.Link("a", "../x").End(),
        };
        using var file = new ArchiveFile(new MemorySource(bytes));

        var failure = Assert.Throws<KubeCheckpointException>(() => file.ReadIndex(CancellationToken.None));

        Assert.Equal("ArchiveDamaged", failure.ErrorId);
        Assert.Contains($"in member 'a' at offset 512: {reason}", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_absolute_name_is_a_name_in_the_archive()
    {
        var tar = new TarBuilder().Add("/config.dump", TarBuilder.Config).Add("//spec.dump", TarBuilder.Spec).Link("/checkpoint/x", "/spec.dump").End();

        Assert.Equal("c", Overview(tar).ContainerName);
        Assert.Equal(["config.dump", "spec.dump", "checkpoint/x"], Contents(tar).Select(text => text[..text.IndexOf('=', StringComparison.Ordinal)]));
    }

    [Theory]
    [InlineData(false, '1')]
    [InlineData(true, '1')]
    [InlineData(false, '2')]
    [InlineData(true, '2')]
    public void Every_view_sees_what_a_linked_member_says(bool compressed, char type)
    {
        const string Name = "crio-counter.tar";
        var path = Save(Linked(Name, type, _ => true), compressed);

        Assert.Equal(Processes(Fixture.PathOf(Name)), Processes(path));
        Assert.Equal(Hashes(Fixture.PathOf(Name)).OrderBy(pair => pair.Name), Hashes(path).Where(pair => !pair.Name.StartsWith("store/", StringComparison.Ordinal)).OrderBy(pair => pair.Name));
        Assert.DoesNotContain(KubeCheckpoint.Archives.Checks.ArchiveChecker.Check(path, CancellationToken.None), finding => finding.Severity == FindingSeverity.Error);
        Assert.Equal(
            KubeCheckpoint.Archives.FileChanges.FileChangeReader.Read(Fixture.PathOf(Name), CancellationToken.None).Select(change => (change.Change, change.Path)),
            KubeCheckpoint.Archives.FileChanges.FileChangeReader.Read(path, CancellationToken.None).Select(change => (change.Change, change.Path)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Links_are_expanded_as_files(bool compressed)
    {
        var destination = Path.Combine(_folder.Path, "expanded");
        var path = Save(new TarBuilder().Link("first", "a", '2').Add("a", "content").Link("b", "a").Sparse("s", "1.0", 5, [(4, 1)], "x"u8.ToArray()).End(), compressed);

        var results = ArchiveExpansion.Expand(new ExpansionRequest { ArchivePath = path, Destination = destination }, null, CancellationToken.None).ToList();

        Assert.All(results, result => Assert.Null(result.Failure));
        Assert.Equal(["content", "content", "content", "\0\0\0\0x"], ((string[])["first", "a", "b", "s"]).Select(name => File.ReadAllText(Path.Combine(destination, name))));
        Assert.All(Directory.GetFiles(destination), name => Assert.Null(new FileInfo(name).LinkTarget));
    }

    [Theory]
    [InlineData("gnu")]
    [InlineData("0.0")]
    [InlineData("0.1")]
    [InlineData("1.0")]
    [InlineData("hard")]
    public void What_gnu_tar_packs_again_is_the_same_checkpoint(string format)
    {
        if (!OperatingSystem.IsLinux())
            return;
        const string Name = "crio-counter.tar";
        var (folder, path) = (Directory.CreateDirectory(Path.Combine(_folder.Path, "x")).FullName, Path.Combine(_folder.Path, "again.tar"));
        Tools.Run("tar", "-xf", Fixture.PathOf(Name), "-C", folder);
        var sparse = Path.Combine(_folder.Path, "sparse");
        Tools.Run("cp", "-a", "--sparse=always", folder, sparse);
        folder = sparse;
        if (format == "hard")
            Tools.Run("ln", "-f", Path.Combine(folder, "checkpoint/fs-1.img"), Path.Combine(folder, "checkpoint/fs-7.img"));
        string[] how = format is "gnu" or "hard" ? ["--format=gnu"] : ["--format=posix", $"--sparse-version={format}"];
        Tools.Run("tar", [.. how, "-S", "--hole-detection=raw", "-C", folder, "-cf", path, "."]);

        var plain = Path.Combine(_folder.Path, "plain.tar");
        Tools.Run("tar", "--format=gnu", "--hard-dereference", "-C", folder, "-cf", plain, ".");
        Assert.Equal(Processes(plain), Processes(path));
        Assert.Equal(Hashes(plain), Hashes(path));
        Assert.NotEqual(File.ReadAllBytes(plain), File.ReadAllBytes(path));
    }

    // Every file is a link to a member of the folder "store": a hard link after it, a symbolic one before it.
    private static byte[] Linked(string fixture, char type, Func<string, bool> isLink)
    {
        using var archive = ArchiveFile.Open(Fixture.PathOf(fixture));
        TarBuilder files = new(), links = new();
        foreach (var member in archive.ReadIndex(CancellationToken.None).Where(member => member.Kind == ArchiveMemberKind.File && isLink(member.Name)))
        {
            files.Add("store/" + member.Name, archive.ReadMember(member));
            links.Link(member.Name, type == '1' ? "store/" + member.Name : string.Concat(member.Name.Where(letter => letter == '/').Select(_ => "../")) + "store/" + member.Name, type);
        }
        return type == '1' ? [.. files.Cut(), .. links.End()] : [.. links.Cut(), .. files.End()];
    }

    private string Save(byte[] tar, bool compressed)
    {
        var path = Path.Combine(_folder.Path, compressed ? "linked.tar.gz" : "linked.tar");
        File.WriteAllBytes(path, compressed ? GzipBytes.Member(tar) : tar);
        return path;
    }

    private static List<string> Processes(string path) =>
    [
        .. CheckpointProcessReader.Read(path, Everything, CancellationToken.None)
            .Select(process => $"{process.Id} {process.CommandLine} {process.WorkingDirectory} {process.Root} {process.Environment?.Count} {process.MemorySize}"),
    ];

    private static List<(string Name, string Hash)> Hashes(string path)
    {
        using var content = CheckpointContent.Open(path, CancellationToken.None);
        return [.. content.Members.Where(member => member.Kind == ArchiveMemberKind.File).Select(member => (member.Name, Hash(content.OpenMember(member))))];
    }

    private static string Hash(Stream data)
    {
        using (data)
            return Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(data));
    }

    // By the index of a plain archive, and by one pass over a compressed one.
    private static List<string> Contents(byte[] tar)
    {
        using var plain = new ArchiveFile(new MemorySource(tar));
        using var compressed = new ArchiveFile(new MemorySource(GzipBytes.Member(tar)));
        List<string> indexed = [.. plain.ReadIndex(CancellationToken.None).Where(IsFile).Select(member => Text(member, plain.ReadMember(member)))];
        var scanned = new List<string>();
        compressed.Scan((member, data) => scanned.AddRange(IsFile(member) ? [Text(member, compressed.ReadAll(member, data, 1000))] : []), CancellationToken.None);
        Assert.Equal(indexed.Order(), scanned.Order());
        return indexed;
    }

    private static bool IsFile(ArchiveMember member) => member.Kind == ArchiveMemberKind.File;

    private static string Text(ArchiveMember member, byte[] content) => $"{member.Name}={Encoding.UTF8.GetString(content)}";

    private static CheckpointArchive Overview(byte[] tar)
    {
        using var file = new ArchiveFile(new MemorySource(tar));
        return CheckpointArchiveReader.Read(file, CancellationToken.None);
    }
}

using KubeCheckpoint.Archives.Checks;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Core.Tests.Archives.Checks;

/// <summary>Complete archives pass, and each kind of damage is found.</summary>
public sealed class ArchiveCheckerTests
{
    private const string Zoo = "zoo-crio.tar";

    [Theory]
    [MemberData(nameof(Fixture.Archives), MemberType = typeof(Fixture))]
    public void Real_archives_are_whole(string name)
    {
        var findings = ArchiveChecker.Check(Fixture.PathOf(name), CancellationToken.None);

        Assert.Empty(findings.Where(finding => finding.Severity == FindingSeverity.Error).Select(finding => finding.ToString()));
        // Podman writes into the folder of the previous dump, where images of processes that have ended remain.
        Assert.All(findings.Where(finding => finding.Severity == FindingSeverity.Warning), finding => Assert.Equal(("StaleImage", true), (finding.Check, name.Contains("podman"))));
        Assert.Equal("Summary", findings[^1].Check);
    }

    [Theory]
    [InlineData("config.dump", "ArchiveMemberMissing")]
    [InlineData("spec.dump", "ArchiveMemberMissing")]
    [InlineData("checkpoint/inventory.img", "MissingImage")]
    [InlineData("checkpoint/core-1.img", "MissingImage")]
    [InlineData("checkpoint/core-12.img", "MissingImage")]
    [InlineData("checkpoint/mm-8.img", "MissingImage")]
    [InlineData("checkpoint/pagemap-9.img", "MissingImage")]
    [InlineData("checkpoint/fdinfo-3.img", "MissingImage")]
    [InlineData("checkpoint/pagemap-shmem-2488.img", "MissingImage")]
    [InlineData("checkpoint/ghost-file-2.img", "MissingImage")]
    [InlineData("checkpoint/memfd.img", "DanglingReference")]
    [InlineData("checkpoint/pages-3.img", "PageCount")]
    [InlineData("checkpoint/pstree.img", "ArchiveMemberMissing")]
    [InlineData("checkpoint/files.img", "DanglingReference")]
    public void A_missing_member_is_found(string member, string check) =>
        Assert.Contains(Errors((name, content) => name == member ? null : content), finding => finding.Check == check);

    [Theory]
    [InlineData("checkpoint/pages-3.img", "PageCount")]
    [InlineData("checkpoint/core-1.img", "CriuImageDamaged")]
    [InlineData("checkpoint/files.img", "CriuImageDamaged")]
    [InlineData("checkpoint/mm-1.img", "CriuImageDamaged")]
    [InlineData("config.dump", "ArchiveMemberInvalid")]
    public void A_member_cut_short_is_found(string member, string check) =>
        Assert.Contains(Errors((name, content) => name == member ? content[..^7] : content), finding => finding.Check == check && (finding.Member == member || finding.Message.Contains(member)));

    [Fact]
    public void A_type_that_is_not_of_the_name_is_found()
    {
        var inventory = CriuImageBytes.Of(CriuImageType.Inventory, new InventoryEntry { ImgVersion = 2 });
        var finding = Assert.Single(Errors((name, content) => name.EndsWith("utsns-12.img") ? inventory : content));
        Assert.Equal(("WrongType", "checkpoint/utsns-12.img"), (finding.Check, finding.Member));
    }

    [Fact]
    public void Pages_outside_of_every_map_are_found() => Assert.Contains(
        Errors((name, content) => name.EndsWith("mm-1.img") ? CriuImageBytes.Edit<MmEntry>(content, mm => mm.Vmas.RemoveAt(5)) : content),
        finding => finding is { Check: "PageOutsideMap", Member: "checkpoint/pagemap-1.img" });

    [Fact]
    public void A_descriptor_of_no_file_is_found() => Assert.Contains(
        Errors((name, content) => name.EndsWith("fdinfo-2.img") ? CriuImageBytes.Edit<FdinfoEntry>(content, entry => entry.Id += entry.Fd == 3 ? 5000u : 0) : content),
        finding => finding.Check == "DanglingReference" && finding.Message.Contains("descriptor 3"));

    [Fact]
    public void A_parent_that_is_no_process_is_found() => Assert.Contains(
        Errors((name, content) => name.EndsWith("pstree.img") ? CriuImageBytes.Edit<PstreeEntry>(content, entry => entry.Ppid += entry.Pid == 9 ? 77u : 0) : content),
        finding => finding.Check == "DanglingReference" && finding.Message.Contains("process 9"));

    [Fact]
    public void Unknown_and_unexpected_members_are_warned_of()
    {
        using var archive = new EditedArchive(Zoo, (_, content) => content, tar => tar.Add("checkpoint/evil.img", "x").Add("checkpoint/parent", "", '2').Add("etc/passwd", "", '3'));
        var warnings = ArchiveChecker.Check(archive.Path, CancellationToken.None).Where(finding => finding.Severity == FindingSeverity.Warning);
        Assert.Equal(["UnknownMember", "ParentPages", "UnexpectedMember"], warnings.Select(finding => finding.Check));
    }

    [Fact]
    public void An_archive_cut_short_is_a_finding()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "cut.tar.zst");
        File.WriteAllBytes(path, File.ReadAllBytes(Fixture.PathOf("podman-counter-zstd.tar.zst"))[..^2000]);
        Assert.Contains(ArchiveChecker.Check(path, CancellationToken.None), finding => finding is { Severity: FindingSeverity.Error, Check: "ArchiveTruncated" });
    }

    private static List<CheckpointArchiveFinding> Errors(Func<string, byte[], byte[]?> edit)
    {
        using var archive = new EditedArchive(Zoo, edit);
        return [.. ArchiveChecker.Check(archive.Path, CancellationToken.None).Where(finding => finding.Severity == FindingSeverity.Error)];
    }
}

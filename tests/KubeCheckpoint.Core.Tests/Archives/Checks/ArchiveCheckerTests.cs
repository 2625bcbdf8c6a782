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

    [Theory]
    [InlineData(1u, 80u, 1u, null, true)]
    [InlineData(8u, 80u, 1u, false, true)]
    [InlineData(1u, 80u, 1u, true, false)]
    [InlineData(10u, 0u, 1u, null, false)]
    [InlineData(1u, 80u, 3u, null, false)]
    public void The_image_of_a_connection_is_needed_unless_it_was_closed(uint state, uint port, uint type, bool? tcpClose, bool isNeeded)
    {
        var errors = Errors((name, content) => name switch
        {
            "checkpoint/files.img" => Append(content, new FileEntry
            {
                Type = FdTypes.Inetsk,
                Id = 9000,
                Isk = new InetSkEntry { Id = 9000, Ino = 0x99, Family = 2, Proto = 6, Type = type, State = state, DstPort = port },
            }),
            "checkpoint/inventory.img" when tcpClose is { } closes => CriuImageBytes.Edit<InventoryEntry>(content, inventory => inventory.TcpClose = closes),
            _ => content,
        });

        Assert.Equal(isNeeded ? ["checkpoint/tcp-stream-99.img"] : [], errors.Select(finding => finding.Member));
    }

    [Theory]
    [InlineData(false, "Warning")]
    [InlineData(true, null)]
    public void A_process_without_descriptors_has_no_image_of_them(bool hasLog, string? severity)
    {
        var (own, others) = (new HashSet<uint>(), new HashSet<uint>());
        using (new EditedArchive(Zoo, (name, content) => name.Contains("/fdinfo-") ? Keep(content, name.EndsWith("fdinfo-3.img") ? own : others) : content))
            own.ExceptWith(others);

        // Without its descriptors, and the files that only it had, nothing is missing.
        using var archive = new EditedArchive(Zoo, (name, content) => name switch
        {
            "checkpoint/fdinfo-3.img" => null,
            "checkpoint/files.img" => CriuImageBytes.Of(CriuImageType.Files, Read<FileEntry>(content).Where(file => !own.Contains(file.Id))),
            "dump.log" => hasLog ? System.Text.Encoding.UTF8.GetBytes("(00.1) sid=8 pgid=8 pid=8\n(00.1) Dumping opened files (pid: 5)\n(00.1) Dumping pages (type: 59 pid: 5)\n") : null,
            _ => content,
        });
        var finding = ArchiveChecker.Check(archive.Path, CancellationToken.None).SingleOrDefault(finding => finding.Member == "checkpoint/fdinfo-3.img");
        Assert.Equal(severity, finding?.Severity.ToString());
    }

    [Fact]
    public void An_image_of_descriptors_is_missed_by_the_log_or_by_files_that_nothing_refers_to()
    {
        var byLog = Errors((name, content) => name == "checkpoint/fdinfo-3.img" ? null : content);
        var byFiles = Errors((name, content) => name switch
        {
            "checkpoint/fdinfo-3.img" or "dump.log" => null,
            "checkpoint/files.img" => Append(content, new FileEntry { Type = FdTypes.Reg, Id = 9000, Reg = new RegFileEntry { Id = 9000, Name = "/tmp/a" } }),
            _ => content,
        });
        Assert.Contains(byLog, finding => finding is { Check: "MissingImage", Member: "checkpoint/fdinfo-3.img" });
        Assert.Contains(byFiles, finding => finding is { Check: "MissingImage", Member: "checkpoint/fdinfo-3.img" });
    }

    [Fact]
    public void An_empty_memfd_has_no_pages() => Assert.Empty(Errors((name, content) => name switch
    {
        "checkpoint/pagemap-shmem-2488.img" or "checkpoint/pages-2488.img" => null,
        "checkpoint/memfd.img" => CriuImageBytes.Edit<MemfdInodeEntry>(content, inode => inode.Size = inode.Shmid == 2488 ? 0 : inode.Size),
        _ => content,
    }));

    [Fact]
    public void Images_of_plugins_are_known()
    {
        using var unnamed = new EditedArchive(Zoo, (_, content) => content, tar => tar.Add("checkpoint/amdgpu-kfd-1.img", "x").Add("checkpoint/other-1.img", "x"));
        Assert.Equal(["checkpoint/other-1.img"], Warnings(unnamed).Select(finding => finding.Member));

        using var named = new EditedArchive(
            Zoo,
            (name, content) => name == "checkpoint/inventory.img"
                ? CriuImageBytes.Edit<InventoryEntry>(content, inventory => inventory.PluginsEntry = new PluginsEntry { Plugins = { "other" } })
                : content,
            tar => tar.Add("checkpoint/other-1.img", "x"));
        Assert.Empty(Warnings(named));
    }

    [Fact]
    public void Statistics_are_not_needed()
    {
        using var archive = new EditedArchive(Zoo, (name, content) => name == "stats-dump" ? null : content);
        var finding = Assert.Single(ArchiveChecker.Check(archive.Path, CancellationToken.None), finding => finding.Severity != FindingSeverity.Information);
        Assert.Equal((FindingSeverity.Warning, "stats-dump"), (finding.Severity, finding.Member));
        Assert.Contains("work-dir", finding.Message);
    }

    [Fact]
    public void Images_that_are_optional_may_be_missing() => Assert.Empty(Errors((name, content) =>
        name.StartsWith("checkpoint/cgroup", StringComparison.Ordinal) || name.Contains("/netns-") || name.Contains("/iptables") || name.Contains("/netdev-") ? null : content));

    [Fact]
    public void An_archive_cut_short_is_a_finding()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "cut.tar.zst");
        File.WriteAllBytes(path, File.ReadAllBytes(Fixture.PathOf("podman-counter-zstd.tar.zst"))[..^2000]);
        Assert.Contains(ArchiveChecker.Check(path, CancellationToken.None), finding => finding is { Severity: FindingSeverity.Error, Check: "ArchiveTruncated" });
    }

    private static List<T> Read<T>(byte[] image)
        where T : Google.Protobuf.IMessage<T>
        => [.. new CriuImageReader(new MemoryStream(image), new KubeCheckpoint.Criu.CriuImageName("test")).ReadMessages<T>()];

    private static byte[] Append(byte[] files, FileEntry file) => CriuImageBytes.Of(CriuImageType.Files, [.. Read<FileEntry>(files), file]);

    private static byte[] Keep(byte[] image, HashSet<uint> files)
    {
        files.UnionWith(Read<FdinfoEntry>(image).Select(descriptor => descriptor.Id));
        return image;
    }

    private static List<CheckpointArchiveFinding> Warnings(EditedArchive archive) =>
        [.. ArchiveChecker.Check(archive.Path, CancellationToken.None).Where(finding => finding.Severity == FindingSeverity.Warning)];

    private static List<CheckpointArchiveFinding> Errors(Func<string, byte[], byte[]?> edit)
    {
        using var archive = new EditedArchive(Zoo, edit);
        return [.. ArchiveChecker.Check(archive.Path, CancellationToken.None).Where(finding => finding.Severity == FindingSeverity.Error)];
    }
}

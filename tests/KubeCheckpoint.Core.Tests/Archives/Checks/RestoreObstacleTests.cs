using KubeCheckpoint.Archives.Checks;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Core.Tests.Archives.Checks;

/// <summary>What CRIU dumps and does not restore.</summary>
public sealed class RestoreObstacleTests
{
    [Fact]
    public void An_executable_in_memory_is_found()
    {
        var obstacle = Assert.Single(Find(Process(exe: 5), Memfd()));
        Assert.Equal(("Executable", "mm-1.img"), (obstacle.Check, obstacle.Image));
        Assert.Contains("Process 1 (p1) runs an executable that is no file: memfd 'packed'", obstacle.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_files_that_are_only_open_or_mapped_come_back() => Assert.Empty(Find(Process(exe: 1), Memfd()));

    [Theory]
    [InlineData("", 1)]
    [InlineData("data/link_remap.6", 0)]
    public void A_temporary_name_that_is_not_in_the_archive_is_found(string member, int count)
    {
        var remap = new RemapFilePathEntry { OrigId = 2, RemapId = 6, RemapType = RemapType.Linked };
        var archive = Process(exe: 1).Image("remap-fpath", "REMAP_FPATH", remap).Member("rootfs-diff.tar", new TarBuilder().Add(member + "x", "").Add(member == "" ? "y" : member, "").End());
        var found = Find(archive, Reg(2, "/data/removed"), Reg(6, "/data/link_remap.6"));
        Assert.Equal(count, found.Count);
        Assert.All(found, obstacle => Assert.Contains("'/data/removed' had been removed", obstacle.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void The_check_of_an_archive_warns()
    {
        using var folder = new TemporaryFolder();
        var archive = Process(exe: 5).Files(Reg(1, "/bin/app"), Memfd()).Save(folder);
        Assert.Contains(
            ArchiveChecker.Check(archive, CancellationToken.None),
            finding => finding is { Check: "Executable", Severity: FindingSeverity.Warning, Member: "checkpoint/mm-1.img" });
    }

    [Theory]
    [MemberData(nameof(Fixture.Archives), MemberType = typeof(Fixture))]
    public void Real_archives_have_none(string name)
    {
        using var content = CheckpointContent.Open(Fixture.PathOf(name), CancellationToken.None);
        Assert.Empty(RestoreObstacles.Find(new CheckpointImages(content), CancellationToken.None));
    }

    private static IReadOnlyList<RestoreObstacle> Find(CheckpointBuilder archive, params FileEntry[] files)
    {
        using var folder = new TemporaryFolder();
        using var content = CheckpointContent.Open(archive.Files([Reg(1, "/bin/app"), .. files]).Save(folder), CancellationToken.None);
        return RestoreObstacles.Find(new CheckpointImages(content), CancellationToken.None);
    }

    private static CheckpointBuilder Process(uint exe) => new CheckpointBuilder().Tree(1).Task(1, 1)
        .Image("mm-1", "MM", new MmEntry { ExeFileId = exe })
        .Image("memfd", "MEMFD_INODE", new MemfdInodeEntry { InodeId = 9, Name = "packed", Shmid = 3 });

    private static FileEntry Reg(uint id, string name) => new() { Id = id, Type = FdTypes.Reg, Reg = new RegFileEntry { Id = id, Name = name } };

    private static FileEntry Memfd() => new() { Id = 5, Type = FdTypes.Memfd, Memfd = new MemfdFileEntry { Id = 5, InodeId = 9 } };
}

using KubeCheckpoint.Archives.Checks;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.Expansion;
using KubeCheckpoint.Archives.FileChanges;
using KubeCheckpoint.Archives.Processes;
using KubeCheckpoint.Archives.Statistics;
using KubeCheckpoint.Archives.Summaries;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Archives.Contents;

public sealed class WrappingFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("mine/", "mine", false)]
    [InlineData("mine/", "mine", true)]
    [InlineData("/tmp/x/", "tmp/x", false)]
    [InlineData("./a/b/", "a/b", true)]
    public void A_folder_around_everything_is_named_in_every_view(string prefix, string folder, bool compressed)
    {
        var path = Save(Wrapped(prefix), compressed);
        Action[] views =
        [
            () => _ = CheckpointArchiveReader.ReadAsync(path, CancellationToken.None).GetAwaiter().GetResult(),
            () => _ = CheckpointProcessReader.Read(path, new ProcessQuery(), CancellationToken.None).ToList(),
            () => _ = FileChangeReader.Read(path, CancellationToken.None).ToList(),
            () => _ = StatisticReader.Read(path, CancellationToken.None).ToList(),
        ];

        foreach (var view in views)
        {
            var failure = Assert.Throws<KubeCheckpointException>(view);
            Assert.Equal("ArchiveInFolder", failure.ErrorId);
            Assert.Contains($"is in the folder '{folder}/' of the tar", failure.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("Fetch", failure.RecommendedAction, StringComparison.Ordinal);
        }
        Assert.Contains(ArchiveChecker.Check(path, CancellationToken.None), finding => finding is { Check: "ArchiveInFolder", Severity: FindingSeverity.Error });
    }

    [Fact]
    public void It_can_be_expanded()
    {
        var destination = Path.Combine(_folder.Path, "out");
        var request = new ExpansionRequest { ArchivePath = Save(Wrapped("mine/"), false), Destination = destination };

        Assert.All(ArchiveExpansion.Expand(request, null, CancellationToken.None), result => Assert.Null(result.Failure));

        Assert.Equal(3, CheckpointProcessReader.Read(Path.Combine(destination, "mine"), new ProcessQuery(), CancellationToken.None).Count());
    }

    [Fact]
    public void Checkpoints_in_several_folders_are_not_one_in_a_folder()
    {
        var tar = new TarBuilder().Add("one/config.dump", TarBuilder.Config).Add("two/config.dump", TarBuilder.Config).End();

        Assert.Equal("ArchiveMemberMissing", Assert.Throws<KubeCheckpointException>(() => HostileArchiveTests.Read(tar)).ErrorId);
    }

    private static byte[] Wrapped(string prefix)
    {
        using var archive = ArchiveFile.Open(Fixture.PathOf("crio-counter.tar"));
        var tar = new TarBuilder();
        foreach (var member in archive.ReadIndex(CancellationToken.None).Where(member => member.Kind == KubeCheckpoint.Archives.ArchiveMemberKind.File))
            tar.Add(prefix + member.Name, archive.ReadMember(member));
        return tar.End();
    }

    private string Save(byte[] tar, bool compressed) => _folder.Write("wrapped.tar", compressed ? GzipBytes.Member(tar) : tar);
}

using KubeCheckpoint.Archives.Comparison;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Archives.Comparison;

/// <summary>
/// Two checkpoints of one container. What the program did between them is known from its source (known_from_source in the truth files
/// beside the archives): one process started and one ended, one executed another program, files and listeners were opened and closed, files
/// changed.
/// </summary>
public sealed class ArchiveComparerTests
{
    private static readonly Lazy<IReadOnlyList<CheckpointDifference>> Delta = new(() => Compare("delta-before-podman.tar.zst", "delta-after-podman.tar.zst"));

    [Fact]
    public void Processes_that_came_and_went()
    {
        Assert.Equal("delta-new", Of(CheckpointDifferenceKind.Process, CheckpointChange.Added).Single().ProcessName);
        Assert.Equal("delta-dying", Of(CheckpointDifferenceKind.Process, CheckpointChange.Removed).Single().ProcessName);
    }

    [Fact]
    public void A_command_line_and_its_environment()
    {
        var line = Assert.Single(Of(CheckpointDifferenceKind.CommandLine));
        Assert.EndsWith("phase-before", line.Before);
        Assert.EndsWith("phase-after", line.After);

        var environment = Of(CheckpointDifferenceKind.Environment).ToDictionary(difference => difference.Name, difference => (difference.Change, difference.Before, difference.After));
        Assert.Equal((CheckpointChange.Changed, "before", "after"), environment["CHILD_STATE"]);
        Assert.Equal(CheckpointChange.Added, environment["CHILD_NEW"].Change);
        Assert.Equal(CheckpointChange.Removed, environment["CHILD_OLD"].Change);
        Assert.DoesNotContain("KEEP", environment.Keys);
    }

    [Fact]
    public void Files_and_listeners_of_the_first_process()
    {
        var files = Of(CheckpointDifferenceKind.OpenFile).Where(difference => difference.ProcessId == 1).ToList();
        Assert.Contains(files, difference => difference.Before?.Contains("/srv/old-open.txt") == true);
        Assert.Contains(files, difference => difference.After?.Contains("/srv/new-open.txt") == true);

        var sockets = Of(CheckpointDifferenceKind.Socket).Where(difference => difference.ProcessId == 1).ToList();
        Assert.Contains(":7002", Assert.Single(sockets, difference => difference.Change == CheckpointChange.Removed).Name);
        Assert.Contains(":7003", Assert.Single(sockets, difference => difference.Change == CheckpointChange.Added).Name);
    }

    // The program also changed /etc/delta.conf, which Podman put into neither archive.
    [Fact]
    public void Files_the_container_wrote_and_deleted()
    {
        var files = Of(CheckpointDifferenceKind.FileChange).ToDictionary(difference => difference.Name);
        Assert.Equal(CheckpointChange.Added, files["/srv/new-open.txt"].Change);
        Assert.Equal(CheckpointChange.Added, files["/srv/created-after.txt"].Change);
        Assert.Equal("deleted", files["/etc/delta-old.conf"].After);
    }

    [Fact]
    public void Exactly_the_pages_the_program_changed() =>
        Assert.Contains(Of(CheckpointDifferenceKind.Memory), difference => difference is { ProcessId: 1, Memory: { PagesChanged: 1001, PagesSame: 1999 } });

    [Fact]
    public void Mounts_of_one_container_stay() => Assert.Empty(Of(CheckpointDifferenceKind.Mount));

    [Theory]
    [MemberData(nameof(Fixture.Archives), MemberType = typeof(Fixture))]
    public void An_archive_does_not_differ_from_itself(string name) => Assert.Empty(Compare(name, name));

    [Theory]
    [InlineData("crio-counter.tar", "containerd-counter.tar")]
    [InlineData("crio-redis.tar", "podman-redis.tar.zst")]
    [InlineData("zoo-crio.tar", "crio-multi-a.tar")]
    public void Containers_of_any_engine_can_be_compared(string before, string after)
    {
        var there = Compare(before, after);
        Assert.NotEmpty(there);
        Assert.All(there, difference => Assert.Equal(
            difference.Change, difference is { Kind: CheckpointDifferenceKind.Memory or CheckpointDifferenceKind.Process or CheckpointDifferenceKind.CommandLine } ? difference.Change
                : difference.Before is null ? CheckpointChange.Added : difference.After is null ? CheckpointChange.Removed : CheckpointChange.Changed));
        var back = Compare(after, before).Where(difference => difference.Kind == CheckpointDifferenceKind.Mount);
        Assert.Equal(there.Count(difference => difference.Kind == CheckpointDifferenceKind.Mount), back.Count());
    }

    [Fact]
    public void Only_what_is_asked_for()
    {
        var request = new ComparisonRequest(Fixture.PathOf("delta-before-podman.tar.zst"), Fixture.PathOf("delta-after-podman.tar.zst"))
        {
            Kinds = [CheckpointDifferenceKind.Socket, CheckpointDifferenceKind.Process],
            Filter = (id, _) => id == 1,
        };
        Assert.All(ArchiveComparer.Compare(request, CancellationToken.None), difference => Assert.Equal((CheckpointDifferenceKind.Socket, 1), (difference.Kind, difference.ProcessId)));
    }

    private static IEnumerable<CheckpointDifference> Of(CheckpointDifferenceKind kind, CheckpointChange? change = null) =>
        Delta.Value.Where(difference => difference.Kind == kind && (change is null || difference.Change == change));

    private static List<CheckpointDifference> Compare(string before, string after) =>
        [.. ArchiveComparer.Compare(new ComparisonRequest(Fixture.PathOf(before), Fixture.PathOf(after)), CancellationToken.None)];
}

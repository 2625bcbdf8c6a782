using KubeCheckpoint.Tests.Engine;

namespace KubeCheckpoint.Tests.Cmdlets;

/// <summary>Test-CheckpointArchive as users type it.</summary>
public sealed class TestCheckpointArchiveTests : IDisposable
{
    private readonly ModuleSession _session = new();

    public void Dispose() => _session.Dispose();

    [Fact]
    public void A_whole_archive_has_only_a_summary()
    {
        var finding = _session.Run("Get-CheckpointArchive $args[0] | Test-CheckpointArchive", Fixture.Archive("crio-redis.tar")).Single;
        Assert.Equal("Summary", finding.Properties["Check"].Value);
        Assert.Contains("whole and consistent", (string)finding.Properties["Message"].Value);
    }

    [Fact]
    public void Quiet_says_yes_or_no_even_of_what_is_no_archive()
    {
        var outcome = _session.Run(
            "Test-CheckpointArchive -LiteralPath $args -Quiet", Fixture.Archive("zoo-crio.tar"), Fixture.Archive("zoo-crio.tar.crit.json"));
        Assert.Equal([true, false], outcome.Objects.Select(answer => answer.BaseObject));
    }

    [Fact]
    public void What_cannot_be_read_is_an_error_and_the_next_is_tested()
    {
        var outcome = _session.Run(
            "Test-CheckpointArchive -LiteralPath $args", Fixture.Archive("absent.tar"), Fixture.Archive("crio-redis.tar"));
        Assert.StartsWith("ArchiveNotFound", Assert.Single(outcome.Errors).FullyQualifiedErrorId);
        Assert.Single(outcome.Output);
    }
}

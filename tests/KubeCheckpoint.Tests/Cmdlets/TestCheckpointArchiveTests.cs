using KubeCheckpoint.Tests.Engine;

namespace KubeCheckpoint.Tests.Cmdlets;

/// <summary>Test-CheckpointArchive as users type it.</summary>
public sealed class TestCheckpointArchiveTests : IDisposable
{
    private readonly ModuleSession _session = new();

    public void Dispose() => _session.Dispose();

    [Fact]
    public void A_complete_archive_has_only_a_summary()
    {
        var finding = _session.Run("Get-CheckpointArchive $args[0] | Test-CheckpointArchive", Fixture.Archive("crio-redis.tar")).Single;
        Assert.Equal("Summary", finding.Properties["Check"].Value);
        Assert.Contains("whole and consistent", (string)finding.Properties["Message"].Value);
    }

    [Fact]
    public void Quiet_returns_a_boolean_even_for_other_files()
    {
        var outcome = _session.Run(
            "Test-CheckpointArchive -LiteralPath $args -Quiet", Fixture.Archive("zoo-crio.tar"), Fixture.Archive("zoo-crio.tar.crit.json"));
        Assert.Equal([true, false], outcome.Objects.Select(answer => answer.BaseObject));
    }

    [Fact]
    public void An_unreadable_archive_is_an_error_and_the_next_is_tested()
    {
        var outcome = _session.Run(
            "Test-CheckpointArchive -LiteralPath $args", Fixture.Archive("absent.tar"), Fixture.Archive("crio-redis.tar"));
        Assert.StartsWith("ArchiveNotFound", Assert.Single(outcome.Errors).FullyQualifiedErrorId);
        Assert.Single(outcome.Output);
    }
}

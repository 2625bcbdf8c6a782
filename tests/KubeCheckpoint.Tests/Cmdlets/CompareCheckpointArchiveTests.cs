using KubeCheckpoint.Tests.Engine;

namespace KubeCheckpoint.Tests.Cmdlets;

/// <summary>Compare-CheckpointArchive as users type it.</summary>
public sealed class CompareCheckpointArchiveTests : IDisposable
{
    private static readonly string Before = Fixture.Archive("delta-before-podman.tar.zst");
    private static readonly string After = Fixture.Archive("delta-after-podman.tar.zst");

    private readonly ModuleSession _session = new();

    public void Dispose() => _session.Dispose();

    [Fact]
    public void Takes_two_paths_and_kinds()
    {
        var outcome = _session.Run("Compare-CheckpointArchive $args[0] $args[1] -Kind Socket -Id 1", Before, After);
        Assert.Equal(["Added", "Removed"], outcome.Objects.Select(difference => difference.Properties["Change"].Value.ToString()).Order());
    }

    [Fact]
    public void Takes_archives_from_the_pipeline()
    {
        var memory = _session.Run("Get-CheckpointArchive $args[1] | Compare-CheckpointArchive -ReferencePath $args[0] -Kind Memory -Id 1 | ForEach-Object { $_.Memory.PagesChanged }", Before, After).Objects;
        Assert.Contains(1001L, memory.Select(pages => pages.BaseObject));
    }

    [Fact]
    public void Looks_like_a_diff()
    {
        using var output = new StringWriter();
        using var session = new ModuleSession(output: output);
        Assert.Empty(session.Run("Compare-CheckpointArchive $args[0] $args[1] -Kind Process, CommandLine | Out-Host", Before, After).Objects);
        var text = output.ToString();
        Assert.Matches(@"\+ Process \d+ delta-new: ", text);
        Assert.Matches(@"- Process \d+ delta-dying: ", text);
        Assert.Matches(@"~ CommandLine \d+ ", text);
    }

    [Fact]
    public void A_reference_that_is_a_folder_is_refused() =>
        Assert.Equal("ReferenceNotOneArchive", _session.Run("Compare-CheckpointArchive $args[0] $args[1]", Fixture.Archives, After).ErrorId);
}

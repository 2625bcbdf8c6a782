using KubeCheckpoint.Tests.Engine;

namespace KubeCheckpoint.Tests;

/// <summary>Processes handed on from one cmdlet to the next.</summary>
public sealed class ProcessPipelineTests : IDisposable
{
    private readonly ModuleSession _session = new();

    public void Dispose() => _session.Dispose();

    // A process has a Path, which is a file of the container's, and an ArchivePath, which is meant.
    [Theory]
    [InlineData("Get-CheckpointProcess")]
    [InlineData("Get-CheckpointOpenFile")]
    [InlineData("Get-CheckpointSocket")]
    public void A_process_is_asked_for_in_its_archive(string cmdlet)
    {
        var archive = Path.Combine(AppContext.BaseDirectory, "fixtures", "archives", "zoo-crio.tar");

        var piped = _session.Run($"Get-CheckpointProcess $args[0] -Id 1, 8 | {cmdlet} | ForEach-Object ToString", archive).Objects;
        Assert.Equal(_session.Run($"{cmdlet} $args[0] -Id 1, 8 | ForEach-Object ToString", archive).Objects, piped);
        Assert.NotEmpty(piped);
    }
}

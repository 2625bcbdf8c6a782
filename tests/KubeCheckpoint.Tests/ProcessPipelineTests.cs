using KubeCheckpoint.Tests.Engine;

namespace KubeCheckpoint.Tests;

/// <summary>Processes handed on from one cmdlet to the next.</summary>
public sealed class ProcessPipelineTests : IDisposable
{
    private static readonly string Zoo = Path.Combine(AppContext.BaseDirectory, "fixtures", "archives", "zoo-crio.tar");

    private readonly ModuleSession _session = new();

    public void Dispose() => _session.Dispose();

    // A process has a Path, which is a file of the container's, and an ArchivePath, which is meant.
    [Theory]
    [InlineData("Get-CheckpointProcess")]
    [InlineData("Get-CheckpointOpenFile")]
    [InlineData("Get-CheckpointSocket")]
    public void A_process_is_asked_for_in_its_archive(string cmdlet)
    {
        var piped = _session.Run($"Get-CheckpointProcess $args[0] -Id 1, 8 | {cmdlet} | ForEach-Object ToString", Zoo).Objects;
        Assert.Equal(_session.Run($"{cmdlet} $args[0] -Id 1, 8 | ForEach-Object ToString", Zoo).Objects, piped);
        Assert.NotEmpty(piped);
    }

    // PowerShell decides by value, property and default parameter set which of the three ways of naming an archive is meant.
    [Theory]
    [InlineData("Get-CheckpointArchive $args[0]")]
    [InlineData("$args[0]")]
    [InlineData("[IO.FileInfo]$args[0]")]
    [InlineData("[pscustomobject]@{ Path = $args[0] }")]
    [InlineData("[pscustomobject]@{ PSPath = $args[0]; Id = 1 }")]
    [InlineData("[pscustomobject]@{ ArchivePath = $args[0]; Path = '/bin/zoo' }")]
    [InlineData("[pscustomobject]@{ ArchivePath = $args[0]; Path = '/bin/zoo'; ProcessId = 1 }")]
    public void An_archive_is_found_however_it_is_named(string input)
    {
        Assert.Contains("zoo-main", _session.Run($"{input} | Get-CheckpointProcess | ForEach-Object Name", Zoo).Objects.Select(name => name.ToString()));
        Assert.Contains("zoo-main", _session.Run($"{input} | Get-CheckpointProcess -Id 1 | ForEach-Object Name", Zoo).Objects.Select(name => name.ToString()));
        Assert.NotEmpty(_session.Run($"{input} | Test-CheckpointArchive", Zoo).Objects);
        Assert.NotEmpty(_session.Run($"{input} | Get-CheckpointMount", Zoo).Objects);
    }
}

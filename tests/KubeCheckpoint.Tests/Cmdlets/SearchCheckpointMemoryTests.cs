using System.Management.Automation;
using KubeCheckpoint.Tests.Engine;

namespace KubeCheckpoint.Tests.Cmdlets;

/// <summary>Search-CheckpointMemory as users type it.</summary>
public sealed class SearchCheckpointMemoryTests : IDisposable
{
    private static readonly string[] Shown = ["ProcessId", "ProcessName", "Address", "Length", "Map", "Permissions", "Match", "Encoding", "Context", "Pattern"];

    private readonly ModuleSession _session = new();

    public void Dispose() => _session.Dispose();

    [Theory]
    [InlineData("-Pattern kc-heap-needle-\\d+", 4)]
    [InlineData("KC-HEAP-NEEDLE-4242 -SimpleMatch", 4)]
    [InlineData("KC-HEAP-NEEDLE-4242 -SimpleMatch -CaseSensitive", 0)]
    [InlineData("KC-WIDE-needle", 2)]
    [InlineData("KC-WIDE-needle -Encoding Utf16 -Id 1", 1)]
    [InlineData("KC-WIDE-needle -Encoding Utf8", 0)]
    [InlineData("KC-HEAP-needle -Name zoo-sl*", 2)]
    [InlineData("KC-HEAP-needle -Map [heap]", 2)]
    [InlineData("KC-HEAP-needle -Map heap, stack", 2)]
    [InlineData("KC-COW -Map /etc/*.dat", 2)]
    [InlineData("-Bytes '4b 43 2d 57 00'", 0)]
    [InlineData("-Bytes 4b002d005700 -Id 1", 0)]
    [InlineData("-Bytes '\\x4b\\x00\\x43\\x00\\x2d\\x00\\x57\\x00' -Id 1", 1)]
    [InlineData("-Bytes 0x4b, 0, 0x43, 0, 0x2d, 0, 0x57 -Id 1", 1)]
    public void Finds_all_matches(string arguments, int count) =>
        Assert.Equal(count, _session.Run($"Search-CheckpointMemory {arguments} -Path $args[0]", Fixture.Archive("zoo-crio.tar")).Objects.Count);

    [Fact]
    public void Emits_each_match_with_its_place()
    {
        var match = _session.Run("Search-CheckpointMemory 'KC-MEMFD-(MAPPED)' $args[0] -Context 4", Fixture.Archive("zoo-crio.tar")).Single;

        Assert.Equal("KubeCheckpoint.CheckpointMemoryMatch", match.TypeNames[0]);
        Assert.Equal(
            ["1", "zoo-main", "139634608771072", "15", "/memfd:zoo-memfd", "rw-s", "KC-MEMFD-MAPPED", "Utf8", "....KC-MEMFD-MAPPED....", "KC-MEMFD-(MAPPED)"],
            Shown.Select(name => match.Properties[name].Value.ToString()));
    }

    [Fact]
    public void Takes_archives_from_the_pipeline_and_continues_after_a_failure()
    {
        var outcome = _session.Run(
            "Get-CheckpointArchive $args | Search-CheckpointMemory SECRET_SAMPLE= -Map stack -Id 1; Search-CheckpointMemory SECRET_SAMPLE= no.tar, $args[0] -Map stack -Id 1",
            Fixture.Archive("crio-counter.tar"), Fixture.Archive("containerd-counter.tar"));

        Assert.Equal("PathMatchesNothing", outcome.ErrorId);
        Assert.Equal(["crio-counter.tar", "containerd-counter.tar", "crio-counter.tar"], outcome.Output.Select(match => Path.GetFileName((string)match.Properties["ArchivePath"].Value)));
    }

    [Theory]
    [InlineData("-Pattern 'a('", "SearchPatternInvalid")]
    [InlineData("-Pattern 'a*'", "SearchPatternMatchesEmpty")]
    [InlineData("-Pattern a -Bytes ff", "AmbiguousParameterSet")]
    [InlineData("-Bytes 'zz'", "ParameterArgumentTransformationError")]
    public void Refuses_invalid_patterns_before_it_reads_anything(string arguments, string errorId) =>
        Assert.Equal(errorId, _session.Run($"Search-CheckpointMemory {arguments} -Path $args[0]", Fixture.Archive("zoo-crio.tar")).ErrorId);

    [Fact]
    public void Stops_when_a_downstream_cmdlet_stops_the_pipeline()
    {
        // The bare engine has no Select-Object -First; 'break' ends a pipeline through WriteObject in the same way.
        var outcome = _session.Run("foreach ($once in 1) { Search-CheckpointMemory '[a-z]' $args[0] | ForEach-Object { $_; break } }", Fixture.Archive("crio-redis.tar"));

        Assert.Equal(1, outcome.Single.Properties["Length"].Value);
    }

    [Fact]
    public async Task Stop_ends_a_search_that_would_take_minutes()
    {
        using var shell = _session.Prepare("Search-CheckpointMemory '(?<=(.))(\\w+\\s?)+\\1\\x01\\x02\\x03' $args[0]", Fixture.Archive("crio-redis.tar"));
        using var output = new PSDataCollection<PSObject>();
        var running = shell.BeginInvoke<PSObject, PSObject>(null, output);
        await Task.Delay(300);

        await Task.Run(shell.Stop).WaitAsync(TimeSpan.FromSeconds(10));

        Assert.Throws<PipelineStoppedException>(() => shell.EndInvoke(running));
    }
}

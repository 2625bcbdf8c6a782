using KubeCheckpoint.Tests.Engine;

namespace KubeCheckpoint.Tests;

/// <summary>Get-CheckpointProcess, Get-CheckpointMemoryMap and Get-CheckpointStatistic through the engine.</summary>
public sealed class ProcessTests : IDisposable
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "fixtures", "archives");
    private static readonly string Zoo = Path.Combine(Folder, "zoo-crio.tar");

    private readonly ModuleSession _session = new();

    public static TheoryData<string> Names => ["Get-CheckpointProcess", "Get-CheckpointMemoryMap", "Get-CheckpointStatistic"];

    public void Dispose() => _session.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void Takes_paths_archives_and_files_alike(string name)
    {
        var byPath = Texts(_session.Run($"{name} $args[0]", Zoo));

        Assert.NotEmpty(byPath);
        Assert.Equal(byPath, Texts(_session.Run($"Get-CheckpointArchive $args[0] | {name}", Zoo)));
        Assert.Equal(byPath, Texts(_session.Run($"{name} -LiteralPath $args[0]", Zoo)));
        Assert.Equal(byPath, Texts(_session.Run($"$args[0] | {name}", Zoo)));
        Assert.Equal(byPath, Texts(_session.Run($"{name} $args[0]", Path.Combine(Folder, "zoo*.tar"))));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Goes_on_after_an_archive_that_is_none(string name)
    {
        // Text in place of an archive.
        var outcome = _session.Run($"{name} $args[0], $args[1]", Zoo + ".crit-x.txt", Zoo);

        Assert.Equal("NotAnArchive", outcome.ErrorId);
        Assert.NotEmpty(outcome.Output);
        Assert.All(outcome.Output, item => Assert.Equal(Zoo, item.Properties["ArchivePath"].Value));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Ends_when_a_cmdlet_further_down_has_enough(string name) =>
        Assert.Single(_session.Run($"foreach ($once in 1) {{ {name} $args[0] | ForEach-Object {{ $_; break }} }}", Path.Combine(Folder, "*.tar*")).Output);

    [Theory]
    [InlineData("-Id 8", "8")]
    [InlineData("-Id 10, 8", "8 10")]
    [InlineData("-Name zoo-e*, GHOST*", "9 10")]
    [InlineData("-Id 1 -Name ghost*", "")]
    public void Processes_are_chosen_by_id_and_name(string parameters, string ids)
    {
        Assert.Equal(ids, string.Join(' ', Values(_session.Run($"Get-CheckpointProcess $args[0] {parameters}", Zoo), "Id")));
        Assert.Equal(ids, string.Join(' ', Values(_session.Run($"Get-CheckpointMemoryMap $args[0] {parameters}", Zoo), "ProcessId").Distinct()));
    }

    [Fact]
    public void Processes_can_be_asked_for_their_maps()
    {
        var maps = _session.Run("Get-CheckpointProcess $args[0] | Where-Object Id -GE 9 | Get-CheckpointMemoryMap", Zoo);

        Assert.Equal(["9", "10"], Values(maps, "ProcessId").Distinct());
        Assert.Equal(Texts(_session.Run("Get-CheckpointMemoryMap $args[0] -Id 9, 10", Zoo)), Texts(maps));
    }

    [Fact]
    public void Environment_comes_when_it_is_asked_for()
    {
        Assert.Null(_session.Run("(Get-CheckpointProcess $args[0] -Id 9).Environment", Zoo).Single);
        Assert.Equal("child-overrides-7", _session.Run("(Get-CheckpointProcess $args[0] -Id 9 -IncludeEnvironment).Environment['ZOO_SECRET']", Zoo).Single.BaseObject);
        Assert.Equal("child-overrides-7", _session.Run("(Get-CheckpointProcess $args[0] -Id 9 -IncludeEnvironment).Environment.ZOO_SECRET", Zoo).Single.BaseObject);
    }

    [Theory]
    [InlineData("Get-CheckpointProcess $args[0] -Tree", "PID +PPID +UID +STATE +MEMORY +NAME +COMMAND", "9 +1 +1000 +Alive +[0-9.]+ KiB +├─ zoo-exec +zoo-worker sleeper-exec --password=hunter2 arg with spaces")]
    [InlineData("Get-CheckpointMemoryMap $args[0] -Id 10", "PID +PROCESS +ADDRESS +PERM +SIZE +STORED +PATH", "10 +ghost-copy +00401000 +r-xp +4.0 KiB +4.0 KiB +/var/tmp/ghost-copy \\(deleted\\)")]
    [InlineData("Get-CheckpointStatistic $args[0]", "OPERATION +FREEZING +FROZEN +DUMP +WRITE +RESTORE +SCANNED +WRITTEN", "Dump +0.00s +0.16s +0.00s +0.00s +860.0 KiB +[0-9.]+ KiB")]
    public void Views_read_like_ps_and_maps(string script, string heads, string row)
    {
        using var output = new StringWriter();
        using var session = new ModuleSession(output: output);

        session.Run(script + " | Out-Host", Zoo);

        Assert.Matches(heads, output.ToString());
        Assert.Matches(row, output.ToString());
    }

    [Theory]
    [InlineData("-Id 1", "1", "10")]
    [InlineData("-Name zoo-", "zoo-exec", "zoo-main", "zoo-sleeper", "zoo-zombie")]
    [InlineData("-Name gh", "ghost-copy")]
    public void Ids_and_names_are_completed(string parameter, params string[] expected)
    {
        Assert.Equal(expected, _session.Complete($"Get-CheckpointProcess '{Zoo}' {parameter}"));
        Assert.Equal(expected, _session.Complete($"Get-CheckpointMemoryMap -LiteralPath '{Zoo}' {parameter}"));
    }

    [Fact]
    public void What_cannot_be_listed_is_not_completed() =>
        Assert.DoesNotContain("1", _session.Complete($"Get-CheckpointProcess '{Zoo}.crit-x.txt' -Id "));

    private static List<string> Texts(Outcome outcome) => [.. outcome.Objects.Select(item => item.ToString()!)];

    private static List<string> Values(Outcome outcome, string property) => [.. outcome.Objects.Select(item => item.Properties[property].Value.ToString()!)];
}

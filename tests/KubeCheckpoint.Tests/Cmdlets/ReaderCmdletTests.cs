using KubeCheckpoint.Tests.Engine;
using static KubeCheckpoint.Tests.Engine.ObjectProperties;

namespace KubeCheckpoint.Tests.Cmdlets;

/// <summary>The cmdlets that list what is in an archive: processes, memory maps, open files, sockets, mounts and statistics.</summary>
public sealed class ReaderCmdletTests(SharedSession shared) : IClassFixture<SharedSession>
{
    // A text file instead of an archive.
    private static readonly string NoArchive = Fixture.Zoo + ".crit-x.txt";

    private readonly ModuleSession _session = shared.Session;

    public static TheoryData<string> Names =>
    [
        "Get-CheckpointProcess", "Get-CheckpointMemoryMap", "Get-CheckpointStatistic", "Get-CheckpointOpenFile", "Get-CheckpointSocket", "Get-CheckpointMount",
    ];

    [Theory]
    [MemberData(nameof(Names))]
    public void Takes_paths_archives_and_files_alike(string name)
    {
        var byPath = Texts(_session.Run($"{name} $args[0]", Fixture.Zoo));

        Assert.NotEmpty(byPath);
        Assert.Equal(byPath, Texts(_session.Run($"Get-CheckpointArchive $args[0] | {name}", Fixture.Zoo)));
        Assert.Equal(byPath, Texts(_session.Run($"{name} -LiteralPath $args[0]", Fixture.Zoo)));
        Assert.Equal(byPath, Texts(_session.Run($"$args[0] | {name}", Fixture.Zoo)));
        Assert.Equal(byPath, Texts(_session.Run($"{name} $args[0]", Fixture.Archive("zoo*.tar"))));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Continues_after_a_file_that_is_not_an_archive(string name)
    {
        var outcome = _session.Run($"{name} $args[0], $args[1]", NoArchive, Fixture.Zoo);

        Assert.Equal("NotAnArchive", outcome.ErrorId);
        Assert.NotEmpty(outcome.Output);
        Assert.All(outcome.Output, item => Assert.Equal(Fixture.Zoo, Text(item, "ArchivePath")));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Ends_when_a_downstream_cmdlet_stops_the_pipeline(string name) =>
        Assert.Single(_session.Run($"foreach ($once in 1) {{ {name} $args[0] | ForEach-Object {{ $_; break }} }}", Fixture.Archive("*.tar*")).Output);

    [Theory]
    [InlineData("-Id 8", "8")]
    [InlineData("-Id 10, 8", "8 10")]
    [InlineData("-Name zoo-e*, GHOST*", "9 10")]
    [InlineData("-Id 1 -Name ghost*", "")]
    public void Processes_are_chosen_by_id_and_name(string parameters, string ids)
    {
        Assert.Equal(ids, string.Join(' ', Texts(_session.Run($"Get-CheckpointProcess $args[0] {parameters}", Fixture.Zoo), "Id")));
        foreach (var name in new[] { "Get-CheckpointMemoryMap", "Get-CheckpointOpenFile", "Get-CheckpointSocket" })
            Assert.Equal(ids, string.Join(' ', Texts(_session.Run($"{name} $args[0] {parameters}", Fixture.Zoo), "ProcessId").Distinct()));
    }

    // A process has a Path, which is a file of the container, and an ArchivePath, which is the one to use.
    [Theory]
    [InlineData("Get-CheckpointProcess")]
    [InlineData("Get-CheckpointOpenFile")]
    [InlineData("Get-CheckpointSocket")]
    [InlineData("Get-CheckpointMemoryMap")]
    public void A_process_is_looked_up_in_its_archive(string name)
    {
        var piped = Texts(_session.Run($"Get-CheckpointProcess $args[0] -Id 1, 8 | {name}", Fixture.Zoo));

        Assert.NotEmpty(piped);
        Assert.Equal(Texts(_session.Run($"{name} $args[0] -Id 1, 8", Fixture.Zoo)), piped);
    }

    // PowerShell decides by value, property and default parameter set which of the three parameters for an archive is used.
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
        Assert.Contains("zoo-main", Texts(_session.Run($"{input} | Get-CheckpointProcess", Fixture.Zoo), "Name"));
        Assert.Contains("zoo-main", Texts(_session.Run($"{input} | Get-CheckpointProcess -Id 1", Fixture.Zoo), "Name"));
        Assert.NotEmpty(_session.Run($"{input} | Test-CheckpointArchive", Fixture.Zoo).Objects);
        Assert.NotEmpty(_session.Run($"{input} | Get-CheckpointMount", Fixture.Zoo).Objects);
    }

    [Fact]
    public void Mounts_are_chosen_by_mount_point()
    {
        var mounts = Texts(_session.Run("Get-CheckpointMount $args[0] -MountPoint /etc/*, /dev/shm", Fixture.Zoo));

        Assert.Equal(["/dev/shm", "/etc/resolv.conf", "/etc/hostname", "/etc/hosts"], mounts);
        Assert.Equal(["/etc/hostname", "/etc/hosts"], _session.Complete($"Get-CheckpointMount '{Fixture.Zoo}' -MountPoint /etc/ho"));
    }

    [Theory]
    [InlineData("(Get-CheckpointProcess $args[0] -Id 9).Environment", null)]
    [InlineData("(Get-CheckpointProcess $args[0] -Id 9 -IncludeEnvironment).Environment['ZOO_SECRET']", "child-overrides-7")]
    [InlineData("(Get-CheckpointProcess $args[0] -Id 9 -IncludeEnvironment).Environment.ZOO_SECRET", "child-overrides-7")]
    public void Environment_is_included_on_request(string script, string? value) => Assert.Equal(value, _session.Run(script, Fixture.Zoo).Single?.ToString());

    [Theory]
    [InlineData("-Id 1", "1", "10")]
    [InlineData("-Name zoo-", "zoo-exec", "zoo-main", "zoo-sleeper", "zoo-zombie")]
    [InlineData("-Name gh", "ghost-copy")]
    public void Ids_and_names_are_completed(string parameter, params string[] expected)
    {
        Assert.Equal(expected, _session.Complete($"Get-CheckpointProcess '{Fixture.Zoo}' {parameter}"));
        Assert.Equal(expected, _session.Complete($"Get-CheckpointMemoryMap -LiteralPath '{Fixture.Zoo}' {parameter}"));
    }

    [Fact]
    public void Archives_that_cannot_be_read_offer_no_completions() =>
        Assert.DoesNotContain("1", _session.Complete($"Get-CheckpointProcess '{NoArchive}' -Id "));

    [Theory]
    [InlineData("Get-CheckpointProcess $args[0] -Tree", "PID +PPID +UID +STATE +MEMORY +NAME +COMMAND", "9 +1 +1000 +Alive +[0-9.]+ KiB +├─ zoo-exec +zoo-worker sleeper-exec --password=hunter2 arg with spaces")]
    [InlineData("Get-CheckpointMemoryMap $args[0] -Id 10", "PID +PROCESS +ADDRESS +PERM +SIZE +STORED +PATH", "10 +ghost-copy +00401000 +r-xp +4.0 KiB +4.0 KiB +/var/tmp/ghost-copy \\(deleted\\)")]
    [InlineData("Get-CheckpointStatistic $args[0]", "OPERATION +FREEZING +FROZEN +DUMP +WRITE +RESTORE +SCANNED +WRITTEN", "Dump +0.00s +0.16s +0.00s +0.00s +860.0 KiB +[0-9.]+ KiB")]
    [InlineData("Get-CheckpointOpenFile $args[0]", "PID +PROCESS +FD +TYPE +ACCESS +TARGET", " 1 +zoo-main +9 +Fifo +ReadWrite +/run/zoo/fifo 9 bytes waiting")]
    [InlineData("Get-CheckpointSocket $args[0]", "PID +PROCESS +FD +TYPE +STATE +LOCAL +PEER", " 1 +zoo-main +22 +UDP +CLOSE +\\[::1\\]:9304 +\\*")]
    [InlineData("Get-CheckpointMount $args[0]", "MOUNTPOINT +TYPE +READONLY +HOSTPATH", "/etc/hosts +ext4 +no +/var/lib/kubelet/pods/")]
    public void Views_look_like_ps_maps_ss_and_mount(string script, string heads, string row)
    {
        var shown = string.Join('\n', _session.Show(script, Fixture.Zoo));

        Assert.Matches(heads, shown);
        Assert.Matches(row, shown);
    }
}

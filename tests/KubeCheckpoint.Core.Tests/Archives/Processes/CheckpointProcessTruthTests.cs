using System.Globalization;
using System.Text.Json.Nodes;
using KubeCheckpoint.Archives.Processes;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Archives.Processes;

/// <summary>Compares the processes of real archives with /proc just before the checkpoint.</summary>
public sealed class CheckpointProcessTruthTests
{
    private const string Deleted = " (deleted)";

    public static TheoryData<string> Archives => Truth.Archives;

    [Theory]
    [MemberData(nameof(Archives))]
    public void Agrees_with_proc(string archive)
    {
        var truth = Truth.Processes(archive);
        var processes = Read(archive);

        Assert.Equal(truth.Keys.Order(), processes.Select(process => process.Id).Order());
        Assert.All(processes, process => AssertAgrees(truth[process.Id], process));
        Assert.All(processes, process => Assert.Equal(Fixture.PathOf(archive), process.ArchivePath));
    }

    [Theory]
    [MemberData(nameof(Archives))]
    public void Credentials_are_those_of_proc_unless_it_is_a_zombie(string archive)
    {
        var truth = Truth.Processes(archive);

        foreach (var process in Read(archive))
        {
            if (process.State == CheckpointProcessState.Zombie)
            {
                // CRIU keeps only name and exit code of a zombie; /proc shows more.
                Assert.Null(process.UserId);
                Assert.Null(process.Capabilities);
                Assert.Null(process.SeccompMode);
                continue;
            }
            var proc = truth[process.Id];
            Assert.Equal(proc["uids"].Numbers(), [process.UserId!.Value, process.EffectiveUserId!.Value, process.SavedUserId!.Value, process.FileSystemUserId!.Value]);
            Assert.Equal(proc["gids"].Numbers(), [process.GroupId!.Value, process.EffectiveGroupId!.Value, process.SavedGroupId!.Value, process.FileSystemGroupId!.Value]);
            Assert.Equal(proc["groups"].Numbers(), process.Groups);
            Assert.Equal(proc["no_new_privs"]!.GetValue<int>() == 1, process.NoNewPrivileges);
            Assert.Equal((SeccompMode)proc["seccomp"]!.GetValue<int>(), process.SeccompMode);
            Assert.Equal(proc["nice"]!.GetValue<int>(), process.Nice);
            Assert.Equal(Convert.ToInt32(proc["umask"]!.GetValue<string>(), 8), Convert.ToInt32(process.Umask, 8));
            Assert.Equal(proc["oom_score_adj"]!.GetValue<string>(), process.OomScoreAdjustment!.Value.ToString(CultureInfo.InvariantCulture));
            Assert.Equal(Names(proc, "Eff"), process.Capabilities!.Effective);
            Assert.Equal(Names(proc, "Prm"), process.Capabilities.Permitted);
            Assert.Equal(Names(proc, "Inh"), process.Capabilities.Inheritable);
            Assert.Equal(Names(proc, "Bnd"), process.Capabilities.Bounding);
            Assert.Equal(Names(proc, "Amb"), process.Capabilities.Ambient);
        }
    }

    [Fact]
    public void The_program_of_a_process_may_be_deleted()
    {
        var ghost = Read("zoo-crio.tar").Single(process => process.Name == "ghost-copy");

        Assert.Equal("/var/tmp/ghost-copy", ghost.Path);
        Assert.True(ghost.IsPathDeleted);
    }

    [Fact]
    public void A_zombie_has_an_exit_code_and_no_memory()
    {
        var zombie = Read("zoo-crio.tar").Single(process => process.State == CheckpointProcessState.Zombie);

        Assert.Equal((42, null, "", 0L, 7), (zombie.ExitCode, zombie.ExitSignal, zombie.CommandLine, zombie.MemorySize, Assert.Single(zombie.Threads).Id));
        Assert.Empty(zombie.Arguments!);
    }

    [Fact]
    public void Shared_memory_is_counted_separately()
    {
        var main = Read("zoo-crio.tar")[0];

        Assert.Equal((Pages("zoo-crio.tar", "pagemap-shmem-2487.img") + Pages("zoo-crio.tar", "pagemap-shmem-2488.img")) * 4096, main.SharedMemorySize);
        Assert.Equal(Pages("zoo-crio.tar", "pagemap-1.img") * 4096, main.MemorySize);
    }

    private static List<CheckpointProcess> Read(string archive) =>
        [.. CheckpointProcessReader.Read(Fixture.PathOf(archive), new ProcessQuery { IncludeEnvironment = true }, CancellationToken.None)];

    private static void AssertAgrees(JsonNode proc, CheckpointProcess process)
    {
        Assert.Equal(proc["comm"]!.GetValue<string>(), process.Name);
        Assert.Equal(proc["ppid"]!.GetValue<int>(), process.ParentId);
        Assert.Equal(proc["pgid"]!.GetValue<int>(), process.ProcessGroupId);
        Assert.Equal(proc["sid"]!.GetValue<int>(), process.SessionId);
        Assert.Equal(proc["state"]!.GetValue<string>()[0] == 'Z', process.State == CheckpointProcessState.Zombie);
        Assert.Equal(proc["exit_code"]!.GetValue<int>() >> 8, process.ExitCode ?? 0);
        Assert.Equal(proc["cmdline"].Strings(), process.Arguments);
        Assert.Equal(string.Join(' ', proc["cmdline"].Strings()), process.CommandLine);
        Assert.Equal(proc["environ"].Strings(), process.Environment?.Select(variable => $"{variable.Key}={variable.Value}") ?? []);
        Assert.Equal((false, true, true), (process.IsCommandLineOverwritten, process.IsCommandLineComplete, process.IsEnvironmentComplete));
        Assert.Equal(proc["exe"]?.GetValue<string>(), process.IsPathDeleted ? process.Path + Deleted : process.Path);
        Assert.Equal(proc["cwd"]?.GetValue<string>(), process.WorkingDirectory);
        Assert.Equal(proc["root"]?.GetValue<string>(), process.Root);
        Assert.Equal(
            proc["threads"]!.AsArray().Select(thread => (thread!["tid"]!.GetValue<int>(), (string?)thread["comm"]!.GetValue<string>())),
            process.Threads.Select(thread => (thread.Id, thread.Name)));
    }

    private static IEnumerable<string> Names(JsonNode proc, string set) =>
        proc["caps"]![set]!["names"].Strings().Select(name => "CAP_" + name.ToUpperInvariant());

    private static long Pages(string archive, string pagemap) => Truth.Decoded(archive)[pagemap]!["entries"]!.AsArray().Skip(1)
        .Where(entry => (entry!["flags"]!.GetValue<int>() & 4) != 0)
        .Sum(entry => entry!["nr_pages"]!.GetValue<long>());
}

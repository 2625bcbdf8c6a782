using System.Diagnostics;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Cluster.Transfer;

/// <summary>The script of a helper pod, run by this machine's shell with a folder in place of /proc.</summary>
public sealed class HelperLifeTests : IDisposable
{
    private readonly string _processes = Directory.CreateTempSubdirectory("kubecheckpoint-processes").FullName;

    public HelperLifeTests() => Directory.CreateDirectory(Path.Join(_processes, "1"));

    public void Dispose() => Directory.Delete(_processes, recursive: true);

    [UnixFact]
    public async Task A_pod_whose_client_has_died_ends()
    {
        using var pod = Start(looks: 3);
        await pod.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(0, pod.ExitCode);
    }

    [UnixFact]
    public async Task A_pod_in_which_a_command_runs_does_not_end_until_it_was_alone_for_long_enough()
    {
        Directory.CreateDirectory(Path.Join(_processes, "27"));
        using var pod = Start(looks: 2);
        await Task.Delay(TimeSpan.FromSeconds(1));
        Assert.False(pod.HasExited);

        Directory.Delete(Path.Join(_processes, "27"));
        await pod.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(0, pod.ExitCode);
    }

    [UnixFact]
    public async Task A_pod_that_sees_its_node_counts_its_own_processes_only()
    {
        const string Own = "12:misc:/\n0::/\n";
        foreach (var (process, cgroups) in new Dictionary<string, string> { ["1"] = "12:misc:/\n0::/../other\n", ["27"] = Own, ["28"] = Own, ["self"] = Own })
        {
            Directory.CreateDirectory(Path.Join(_processes, process));
            await File.WriteAllTextAsync(Path.Join(_processes, process, "cgroup"), cgroups);
        }
        using var pod = Start(looks: 2, seesNode: true);
        await Task.Delay(TimeSpan.FromSeconds(1));
        Assert.False(pod.HasExited);

        Directory.Delete(Path.Join(_processes, "27"), recursive: true);
        await pod.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(0, pod.ExitCode);
    }

    private Process Start(int looks, bool seesNode = false) =>
        Process.Start(new ProcessStartInfo("sh", ["-c", HelperLife.ScriptFor(_processes, TimeSpan.FromSeconds(0.05), looks, seesNode)]))!;
}

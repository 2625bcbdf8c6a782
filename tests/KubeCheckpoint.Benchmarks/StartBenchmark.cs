using KubeCheckpoint.Benchmarks.Measuring;
using KubeCheckpoint.Benchmarks.Synthetic;
using KubeCheckpoint.Sandbox.Cluster;
using KubeCheckpoint.Sandbox.Shell;

namespace KubeCheckpoint.Benchmarks;

/// <summary>Runs the first command of a session, each in its own process. The baselines are PowerShell alone and other tools for the same task.</summary>
internal static class StartBenchmark
{
    private const int Rounds = 11;

    public static async Task RunAsync()
    {
        await using var cluster = await SandboxCluster.StartAsync();
        using var folder = new ScratchFolder();
        var archive = folder.Write("archive.tar", new SyntheticArchiveOptions { MemorySize = 64L << 20, Processes = 8 });

        var contest = new Contest("first command of a session", Rounds)
            .Enter("pwsh alone", () => PowerShell(cluster, "1"))
            .Enter("Get-Process, PowerShell's own", () => PowerShell(cluster, "Get-Process -Id $PID"))
            .Enter("Import-Module", () => PowerShell(cluster, "Import-Module KubeCheckpoint"))
            .Enter("Get-Pod", () => PowerShell(cluster, "Get-Pod"))
            .Enter("Get-CheckpointArchive", () => PowerShell(cluster, $"Get-CheckpointArchive '{archive}'"))
            .Enter("Get-CheckpointProcess", () => PowerShell(cluster, $"Get-CheckpointProcess '{archive}'"))
            .Enter("Search-CheckpointMemory, 64 MiB", () => PowerShell(cluster, $"Search-CheckpointMemory -Path '{archive}' -Pattern nowhere-to-be-found -SimpleMatch"));
        if (Peer.IsInstalled("kubectl"))
            contest.Enter("kubectl get pods", () => Peer.Run("kubectl", ["--kubeconfig", cluster.KubeConfigPath, "get", "pods"]));
        if (Peer.IsInstalled("checkpointctl"))
            contest.Enter("checkpointctl inspect --ps-tree-cmd", () => Peer.Run("checkpointctl", ["inspect", "--ps-tree-cmd", archive]));
        contest.Run();
    }

    private static void PowerShell(SandboxCluster cluster, string command) =>
        Peer.Run(PinnedPowerShell.StartInfo(cluster, Environment.CurrentDirectory, "-Command", command));
}

using System.Diagnostics;
using System.Runtime.InteropServices;
using KubeCheckpoint.Sandbox.Cluster;

namespace KubeCheckpoint.Sandbox.Shell;

/// <summary>A PowerShell at the user's terminal. Its current context is a sandbox cluster and its location a temporary folder.</summary>
internal static class SandboxShell
{
    /// <summary>Shows the module's main job.</summary>
    /// <returns>0 if both containers continue from their checkpoints on the other node and nothing is left behind.</returns>
    public static async Task<int> DemonstrateAsync()
    {
        await using var cluster = await SandboxCluster.StartAsync();
        Console.WriteLine($"""
            This is KubeCheckpoint against a sandbox: an emulated Kubernetes cluster in one process
            (API server {cluster.ApiServer.Authority}, three kubelets, registry {cluster.RegistryAddress}).
            No container runs in it. The archives it hands out are real ones, written by CRI-O and containerd.

            """);
        await RunAsync(cluster, "-File", Script("Demonstration.ps1"), cluster.RegistryAddress);

        var restored = cluster.RestoredContainers.Count(container => container.NodeName == "node2");
        var helpers = cluster.HelperPods.Count;
        Console.WriteLine($"{restored} containers run on from their checkpoints on node2. Helper pods left: {helpers}.");
        return restored == 2 && helpers == 0 ? 0 : 1;
    }

    /// <summary>Opens a prompt for the user.</summary>
    /// <returns>The exit code of pwsh.</returns>
    public static async Task<int> OpenAsync()
    {
        await using var cluster = await SandboxCluster.StartAsync();
        return await RunAsync(cluster, "-NoLogo", "-NoExit", "-File", Script("Prompt.ps1"), cluster.RegistryAddress);
    }

    private static async Task<int> RunAsync(SandboxCluster cluster, params string[] arguments)
    {
        var folder = Directory.CreateTempSubdirectory("kubecheckpoint-sandbox").FullName;
        try
        {
            // Ctrl+C reaches both processes; only PowerShell should react to it.
            using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => signal.Cancel = true);
            using var shell = Process.Start(PinnedPowerShell.StartInfo(cluster, folder, arguments))!;
            await shell.WaitForExitAsync();
            return shell.ExitCode;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Script(string name) => Path.Combine(AppContext.BaseDirectory, "Shell", name);
}

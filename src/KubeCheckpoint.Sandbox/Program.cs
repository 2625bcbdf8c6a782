using System.Runtime.InteropServices;
using KubeCheckpoint.Sandbox;
using KubeCheckpoint.Sandbox.Cluster;
using KubeCheckpoint.Sandbox.Shell;

switch (args)
{
    case []:
        return await SandboxShell.DemonstrateAsync();
    case ["--shell"]:
        return await SandboxShell.OpenAsync();
    case ["--serve"]:
        return await ServeAsync(null);
    case ["--serve", "--kubeconfig", var path]:
        return await ServeAsync(Path.GetFullPath(path));
    default:
        await Console.Error.WriteLineAsync("""
            usage: KubeCheckpoint.Sandbox                              shows the module's main job in a PowerShell
                   KubeCheckpoint.Sandbox --shell                      opens a PowerShell with the module and a cluster to try it on
                   KubeCheckpoint.Sandbox --serve [--kubeconfig FILE]  keeps a cluster up for a PowerShell of your own
            """);
        return 2;
}

static async Task<int> ServeAsync(string? kubeConfig)
{
    await using var cluster = await SandboxCluster.StartAsync(new SandboxOptions { KubeConfigPath = kubeConfig });
    Console.WriteLine($"""
        This is an emulator of a Kubernetes cluster, not a cluster: no container runs in it.
        API server {cluster.ApiServer}, registry {cluster.RegistryAddress} (plain http), kubelets {cluster.KubeletUri("node1")} ...

        In pwsh:
          $env:KUBECONFIG = '{cluster.KubeConfigPath}'
          Import-Module ./out/KubeCheckpoint
          Get-Pod web* -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination ./cp |
              New-RestoreImage -Repository {cluster.RegistryAddress}/restore | Restore-Pod -NodeName node2

        Contexts: admin, operator (the documented least rights), limited (none), checkpointer (create nodes/checkpoint only).
        Ctrl+C stops it and removes what it wrote.
        """);
    var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
    using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
    await stop.Task;
    return 0;

    void End(PosixSignalContext signal)
    {
        signal.Cancel = true;
        stop.TrySetResult();
    }
}

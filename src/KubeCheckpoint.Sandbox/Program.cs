using System.Runtime.InteropServices;
using KubeCheckpoint.Sandbox;

if (args is not ["--serve", ..] || args.Length > 2)
{
    await Console.Error.WriteLineAsync("usage: KubeCheckpoint.Sandbox --serve [path of the kubeconfig to write]");
    return 2;
}

await using SandboxCluster cluster = await SandboxCluster.StartAsync(new SandboxOptions { KubeConfigPath = args.ElementAtOrDefault(1) });
Console.WriteLine($"""
    This is an emulator of a Kubernetes cluster, not a cluster: no container runs in it.
    API server {cluster.ApiServer}, registry {cluster.RegistryAddress} (plain http), kubelets {cluster.KubeletUri("node1")} ...

    In pwsh:
      $env:KUBECONFIG = '{cluster.KubeConfigPath}'
      Get-Pod web* -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination ./cp |
          New-RestoreImage -Repository {cluster.RegistryAddress}/restore | Restore-Pod -NodeName node2

    Contexts: admin, operator (the documented least rights), limited (none), checkpointer (create nodes/checkpoint only).
    Ctrl+C stops it and removes what it wrote.
    """);
var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
using PosixSignalRegistration interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using PosixSignalRegistration terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
await stop.Task;
return 0;

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.TrySetResult();
}

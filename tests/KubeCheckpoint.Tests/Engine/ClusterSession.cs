using KubeCheckpoint.Sandbox;
using KubeCheckpoint.Sandbox.Cluster;

namespace KubeCheckpoint.Tests.Engine;

/// <summary>A sandbox cluster, a session connected to it, and a folder for archives; all are deleted at the end.</summary>
internal sealed class ClusterSession : IDisposable
{
    public ClusterSession(SandboxOptions? options = null)
    {
        // Not on the runner's synchronization context, whose two threads are blocked by tests.
        Cluster = Task.Run(() => SandboxCluster.StartAsync(options)).GetAwaiter().GetResult();
        Session.Run("$ExecutionContext.SessionState.Path.SetLocation($args[0]) | Out-Null; $PSDefaultParameterValues['*:KubeConfig'] = $args[1]", Folder, Cluster.KubeConfigPath);
    }

    public SandboxCluster Cluster { get; }

    public ModuleSession Session { get; } = new();

    public string Folder { get; } = Directory.CreateTempSubdirectory("kubecheckpoint").FullName;

    public string Repository => $"{Cluster.RegistryAddress}/restore";

    public IEnumerable<SandboxRequest> CheckpointRequests =>
        Cluster.Requests.Where(request => request.Server == SandboxServer.Kubelet && request.Method == "POST");

    public Outcome Run(string script, params object?[] arguments) => Session.Run(script, arguments);

    public void Dispose()
    {
        Session.Dispose();
        Task.Run(async () => await Cluster.DisposeAsync()).GetAwaiter().GetResult();
        Directory.Delete(Folder, recursive: true);
    }
}

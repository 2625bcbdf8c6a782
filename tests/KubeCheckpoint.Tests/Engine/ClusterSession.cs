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

    /// <summary>Whether a request creates a pod, in whatever namespace and with whatever query.</summary>
    public static bool CreatesPod(SandboxRequest request) =>
        request.Method == "POST" && request.Path.Split('?')[0].EndsWith("/pods", StringComparison.Ordinal);

    public Outcome Run(string script, params object?[] arguments) => Session.Run(script, arguments);

    public void Dispose()
    {
        Session.Dispose();
        Task.Run(async () => await Cluster.DisposeAsync()).GetAwaiter().GetResult();
        Directory.Delete(Folder, recursive: true);
    }
}

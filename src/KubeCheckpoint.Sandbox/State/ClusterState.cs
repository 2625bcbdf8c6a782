using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Faults;
using KubeCheckpoint.Sandbox.Identity;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.State;

/// <summary>What the servers of one sandbox share.</summary>
internal sealed class ClusterState : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<Task, bool> _work = new();

    public ClusterState(SandboxOptions options, string folder)
    {
        Options = options;
        Folder = folder;
        Users = new UserDirectory(Authority, UserDirectory.Default(options.ApiServerLacksCheckpointRight));
        Nodes = options.Nodes.ToDictionary(node => node.Name, node => new NodeState(node, Path.Join(folder, "nodes", node.Name)));
        Events = new EventRecorder(Store);
        Authorizer = new Authorizer(Store);
        Counting = new CountingContainers(options.PodStep);
        ContainerFiles = new ContainerFiles(Path.Join(folder, "containers"));
    }

    public SandboxOptions Options { get; }

    /// <summary>The sandbox's temporary folder.</summary>
    public string Folder { get; }

    public CertificateAuthority Authority { get; } = new("kubecheckpoint-sandbox-ca");

    public UserDirectory Users { get; }

    public ObjectStore Store { get; } = new();

    public Authorizer Authorizer { get; }

    public CountingContainers Counting { get; }

    /// <summary>The emulated programs in containers.</summary>
    public WriterList Writers { get; } = new();

    public EventRecorder Events { get; }

    public IReadOnlyDictionary<string, NodeState> Nodes { get; }

    public FaultList Faults { get; } = new();

    public ConcurrentQueue<SandboxRequest> Requests { get; } = new();

    public ConcurrentQueue<RestoredContainer> Restored { get; } = new();

    /// <summary>The file systems of restored containers.</summary>
    public ContainerFiles ContainerFiles { get; }

    /// <summary>The archive that a container's checkpoint is copied from, by namespace/pod/container.</summary>
    public ConcurrentDictionary<string, string> Archives { get; } = new();

    /// <summary>The processes that run in containers, by namespace/pod/container.</summary>
    public ConcurrentDictionary<string, IReadOnlyList<int>> Processes { get; } = new();

    /// <summary>The response at a port and path of a pod; null if the port is closed.</summary>
    public Func<JsonObject, int, string, (int Status, string Body)?> PodHttp { get; set; } = ResponseAtPort;

    /// <summary>Cancelled when the sandbox stops.</summary>
    public CancellationToken Stopping => _stop.Token;

    /// <summary>Runs background work that ends with the sandbox.</summary>
    public void Run(Func<CancellationToken, Task> action)
    {
        var task = Task.Run(async () =>
        {
            try
            {
                await action(Stopping);
            }
            catch (OperationCanceledException) when (Stopping.IsCancellationRequested)
            {
            }
        });
        _work[task] = true;
        _ = task.ContinueWith(done => _work.TryRemove(done, out _), TaskScheduler.Default);
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_work.Keys);
    }

    // The program in the sandbox's archives listens on the port that its environment names.
    private static (int Status, string Body)? ResponseAtPort(JsonObject pod, int port, string path) => pod.Items("spec", "containers")
        .SelectMany(container => container.Items("env"))
        .Any(variable => variable.Text("name") == "PORT" && variable.Text("value") == port.ToString(CultureInfo.InvariantCulture))
        ? (200, "ok\n")
        : null;

    public void Dispose()
    {
        foreach (var node in Nodes.Values)
            node.Cgroups.Dispose();
        _stop.Dispose();
        Authority.Dispose();
    }
}

using System.Collections.Concurrent;
using KubeCheckpoint.Sandbox.Api;
using KubeCheckpoint.Sandbox.Faults;
using KubeCheckpoint.Sandbox.Identity;
using KubeCheckpoint.Sandbox.Kubelet;
using KubeCheckpoint.Sandbox.Registry;
using KubeCheckpoint.Sandbox.State;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace KubeCheckpoint.Sandbox.Hosting;

/// <summary>The listeners of one sandbox: the API server, a kubelet per node, the registry.</summary>
internal sealed class ClusterServers : IAsyncDisposable
{
    private readonly ClusterState state;
    private readonly ImagePuller puller = new();
    private readonly ApiServer api;
    private readonly ConcurrentDictionary<string, LoopbackServer> kubelets = new();
    private LoopbackServer? apiListener;
    private LoopbackServer? registryListener;

    public ClusterServers(ClusterState state)
    {
        this.state = state;
        Lifecycle = new PodLifecycle(state, new ContainerStarter(state, puller));
        api = new ApiServer(state, Lifecycle);
    }

    public PodLifecycle Lifecycle { get; }

    public int ApiPort { get; private set; }

    public int RegistryPort { get; private set; }

    public async Task StartAsync()
    {
        foreach (var node in state.Nodes.Keys)
        {
            await StartKubeletAsync(node);
        }

        apiListener = await LoopbackServer.StartAsync(
            state.Authority.IssueServer("kube-apiserver", ["kubernetes.default.svc"]),
            0,
            HttpProtocols.Http1AndHttp2,
            FaultGate.Guard(state, SandboxServer.ApiServer, "", UserOf, api.HandleAsync));
        ApiPort = apiListener.Port;
        await StartRegistryAsync(state.Options.Registry);
    }

    /// <summary>Starts a kubelet, on the port it had if it ran before.</summary>
    /// <exception cref="KeyNotFoundException">There is no such node.</exception>
    public async Task StartKubeletAsync(string name)
    {
        var node = state.Nodes[name];
        var listener = await LoopbackServer.StartAsync(
            state.Authority.IssueServer(name, [name]),
            node.KubeletPort,
            HttpProtocols.Http1AndHttp2,
            FaultGate.Guard(state, SandboxServer.Kubelet, name, UserOf, new KubeletServer(state, node).HandleAsync));
        node.KubeletPort = listener.Port;
        kubelets[name] = listener;
    }

    public async Task StopKubeletAsync(string name)
    {
        if (kubelets.TryRemove(name, out var listener))
        {
            await listener.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        var listeners = kubelets.Values.Append(apiListener).Append(registryListener).OfType<LoopbackServer>();
        await Task.WhenAll(listeners.Select(listener => listener.DisposeAsync().AsTask()));
        api.Dispose();
        puller.Dispose();
    }

    private async Task StartRegistryAsync(SandboxRegistryOptions options)
    {
        var access = new RegistryAccess(options);
        var server = new RegistryServer(options, access, PrivateFile.CreateFolder(Path.Join(state.Folder, "registry")).FullName);
        registryListener = await LoopbackServer.StartAsync(
            options.Tls ? state.Authority.IssueServer("registry", []) : null,
            0,
            HttpProtocols.Http1,
            FaultGate.Guard(state, SandboxServer.Registry, "", access.UserOf, server.HandleAsync));
        RegistryPort = registryListener.Port;
        puller.OwnRegistry = ($"127.0.0.1:{RegistryPort}", options.Tls, access.NodeToken);
    }

    private string UserOf(HttpContext http) => state.Users.Identify(http)?.Name ?? "";
}

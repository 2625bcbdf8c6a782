using System.Collections.Concurrent;
using KubeCheckpoint.Sandbox.Api;
using KubeCheckpoint.Sandbox.Kubelet;
using KubeCheckpoint.Sandbox.Registry;
using KubeCheckpoint.Sandbox.State;
using KubeCheckpoint.Sandbox.Utilities;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace KubeCheckpoint.Sandbox.Hosting;

/// <summary>The listeners of one sandbox: the API server, a kubelet per node, the registry.</summary>
internal sealed class ClusterServers : IAsyncDisposable
{
    private readonly ClusterState _state;
    private readonly ImagePuller _puller = new();
    private readonly ApiServer _api;
    private readonly ConcurrentDictionary<string, LoopbackServer> _kubelets = new();
    private LoopbackServer? _apiListener;
    private LoopbackServer? _registryListener;

    public ClusterServers(ClusterState state)
    {
        _state = state;
        Lifecycle = new PodLifecycle(state, new ContainerStarter(state, _puller));
        _api = new ApiServer(state, Lifecycle);
    }

    public PodLifecycle Lifecycle { get; }

    public int ApiPort { get; private set; }

    public int RegistryPort { get; private set; }

    public async Task StartAsync()
    {
        foreach (var node in _state.Nodes.Keys)
            await StartKubeletAsync(node);
        _apiListener = await LoopbackServer.StartAsync(
            _state.Authority.IssueServer("kube-apiserver", ["kubernetes.default.svc"]),
            0,
            HttpProtocols.Http1AndHttp2,
            RequestGate.Guard(_state, SandboxServer.ApiServer, "", UserOf, _api.HandleAsync));
        ApiPort = _apiListener.Port;
        await StartRegistryAsync(_state.Options.Registry);
    }

    /// <summary>Starts a kubelet, on the port it had if it ran before.</summary>
    /// <exception cref="KeyNotFoundException">There is no such node.</exception>
    public async Task StartKubeletAsync(string name)
    {
        var node = _state.Nodes[name];
        var listener = await LoopbackServer.StartAsync(
            _state.Authority.IssueServer(name, [name]),
            node.KubeletPort,
            HttpProtocols.Http1AndHttp2,
            RequestGate.Guard(_state, SandboxServer.Kubelet, name, UserOf, new KubeletServer(_state, node).HandleAsync));
        node.KubeletPort = listener.Port;
        _kubelets[name] = listener;
    }

    public async Task StopKubeletAsync(string name)
    {
        if (_kubelets.TryRemove(name, out var listener))
            await listener.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        var listeners = _kubelets.Values.Append(_apiListener).Append(_registryListener).OfType<LoopbackServer>();
        await Task.WhenAll(listeners.Select(listener => listener.DisposeAsync().AsTask()));
        _api.Dispose();
        _puller.Dispose();
    }

    private async Task StartRegistryAsync(SandboxRegistryOptions options)
    {
        var access = new RegistryAccess(options);
        var server = new RegistryServer(options, access, PrivateFile.CreateFolder(Path.Join(_state.Folder, "registry")).FullName);
        _registryListener = await LoopbackServer.StartAsync(
            options.Tls ? _state.Authority.IssueServer("registry", []) : null,
            0,
            HttpProtocols.Http1,
            RequestGate.Guard(_state, SandboxServer.Registry, "", access.UserOf, server.HandleAsync));
        RegistryPort = _registryListener.Port;
        _puller.OwnRegistry = ($"127.0.0.1:{RegistryPort}", options.Tls, access.NodeToken);
    }

    private string UserOf(HttpContext http) => _state.Users.Identify(http)?.Name ?? "";
}

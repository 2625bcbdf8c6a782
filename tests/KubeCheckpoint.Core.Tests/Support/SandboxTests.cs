using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Sandbox;
using KubeCheckpoint.Sandbox.Cluster;

namespace KubeCheckpoint.Core.Tests.Support;

/// <summary>Tests with a sandbox cluster, a new one for each test.</summary>
public abstract class SandboxTests(SandboxOptions options, string user) : IAsyncLifetime
{
    protected SandboxCluster Sandbox { get; private set; } = null!;

    private protected ClusterClient Client { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Sandbox = await SandboxCluster.StartAsync(options);
        Client = ClusterClient.Connect(new(Sandbox.KubeConfigPath, user));
        await SetUpAsync();
    }

    public async Task DisposeAsync()
    {
        await CleanUpAsync();
        Client.Dispose();
        await Sandbox.DisposeAsync();
    }

    protected virtual Task SetUpAsync() => Task.CompletedTask;

    protected virtual Task CleanUpAsync() => Task.CompletedTask;
}

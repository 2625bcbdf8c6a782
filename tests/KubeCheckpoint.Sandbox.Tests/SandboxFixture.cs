using KubeCheckpoint.Sandbox.Cluster;

namespace KubeCheckpoint.Sandbox.Tests;

/// <summary>A default sandbox, shared by tests that only add objects.</summary>
public sealed class SandboxFixture : IAsyncLifetime
{
    internal SandboxCluster Cluster { get; private set; } = null!;

    internal Caller Admin { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Cluster = await SandboxCluster.StartAsync(new SandboxOptions { PodStep = TimeSpan.FromMilliseconds(5), PodRetry = TimeSpan.FromMilliseconds(100) });
        Admin = Caller.WithCertificate(Cluster, "admin");
    }

    public async Task DisposeAsync()
    {
        Admin.Dispose();
        await Cluster.DisposeAsync();
    }
}

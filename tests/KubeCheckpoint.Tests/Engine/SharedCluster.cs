namespace KubeCheckpoint.Tests.Engine;

/// <summary>A sandbox cluster and a session, shared by the tests of a class that change neither.</summary>
public sealed class SharedCluster : IDisposable
{
    internal ClusterSession Session { get; } = new();

    public void Dispose() => Session.Dispose();
}

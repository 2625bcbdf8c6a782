namespace KubeCheckpoint.Tests.Engine;

/// <summary>A session with the module, shared by the tests of a class that only read.</summary>
public sealed class SharedSession : IDisposable
{
    internal ModuleSession Session { get; } = new();

    public void Dispose() => Session.Dispose();
}

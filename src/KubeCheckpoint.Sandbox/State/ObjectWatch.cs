using System.Threading.Channels;

namespace KubeCheckpoint.Sandbox.State;

/// <summary>Reads the store's changes, until it is disposed.</summary>
internal sealed class ObjectWatch(ChannelReader<StoredChange> changes, Action end) : IDisposable
{
    public ChannelReader<StoredChange> Changes => changes;

    public void Dispose() => end();
}

using System.Threading.Channels;

namespace KubeCheckpoint.Sandbox.State;

/// <summary>A reader of the store's changes; it must be disposed.</summary>
internal sealed class ObjectWatch(ChannelReader<StoredChange> changes, Action end) : IDisposable
{
    public ChannelReader<StoredChange> Changes => changes;

    public void Dispose() => end();
}

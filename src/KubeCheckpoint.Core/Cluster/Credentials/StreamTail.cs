using System.Text;

namespace KubeCheckpoint.Cluster.Credentials;

/// <summary>The last bytes of a stream. For any thread.</summary>
/// <param name="limit">How many bytes are kept.</param>
internal sealed class StreamTail(int limit)
{
    private readonly Lock _lock = new();
    private byte[] _kept = [];

    /// <summary>Whether the stream had more bytes than are kept.</summary>
    public bool IsCut { get; private set; }

    public void Add(ReadOnlySpan<byte> piece)
    {
        lock (_lock)
        {
            byte[] all = [.. _kept, .. piece];
            IsCut |= all.Length > limit;
            _kept = all.Length > limit ? all[^limit..] : all;
        }
    }

    /// <summary>The bytes as UTF-8, without white space at the ends.</summary>
    public override string ToString()
    {
        lock (_lock)
            return Encoding.UTF8.GetString(_kept).Trim('\uFEFF', ' ', '\t', '\r', '\n');
    }
}

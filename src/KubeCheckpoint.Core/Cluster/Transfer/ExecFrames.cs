namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>
/// Finds the channel that the bytes of a WebSocket belong to. A message may arrive in several pieces, and only the first one begins with the
/// channel.
/// </summary>
internal sealed class ExecFrames
{
    private ExecChannel? _channel;

    /// <summary>Reads the next piece.</summary>
    /// <param name="piece">The bytes as received; may be empty.</param>
    /// <param name="endOfMessage">True if the piece ends its message.</param>
    /// <returns>The channel, or null for an empty message, and the payload.</returns>
    public (ExecChannel? Channel, ReadOnlyMemory<byte> Payload) Next(ReadOnlyMemory<byte> piece, bool endOfMessage)
    {
        if (_channel is null && piece.Length > 0)
        {
            _channel = (ExecChannel)piece.Span[0];
            piece = piece[1..];
        }

        var channel = _channel;
        if (endOfMessage)
            _channel = null;
        return (channel, piece);
    }
}

/// <summary>
/// The first byte of each message of the exec protocol, see
/// https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/apimachinery/pkg/util/remotecommand/constants.go
/// </summary>
internal enum ExecChannel
{
    Input = 0,
    Output = 1,
    ErrorOutput = 2,
    Status = 3,
    Resize = 4,
    Close = 255,
}

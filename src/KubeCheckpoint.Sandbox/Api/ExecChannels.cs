using System.Net.WebSockets;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Faults;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.Api;

/// <summary>The channels of the remote command protocol. The first byte of each message is the channel.</summary>
internal sealed class ExecChannels(WebSocket socket, SandboxFault? fault) : IDisposable
{
    public const byte StandardInput = 0;
    public const byte StandardOutput = 1;
    public const byte StandardError = 2;

    private const byte Error = 3;
    private const byte Close = 255;

    private readonly SemaphoreSlim _sending = new(1, 1);
    private long _outputSent;
    private long _inputReceived;
    private bool _insideMessage;
    private byte _receiving;

    public async Task SendAsync(byte channel, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        if (channel == StandardOutput && fault is not null)
        {
            var allowed = fault.CutAfterBytes ?? fault.TruncateAfterBytes ?? long.MaxValue;
            var part = Invert(data[..(int)Math.Clamp(allowed - _outputSent, 0, data.Length)]);
            _outputSent += part.Length;
            await SendMessageAsync(channel, part, cancellationToken);
            if (fault.CutAfterBytes is not null && part.Length < data.Length)
                throw new ConnectionCutException();
            return;
        }
        await SendMessageAsync(channel, data, cancellationToken);
    }

    /// <summary>The next part of the input, or null if the client has closed it. Throws if the client has disconnected.</summary>
    public async Task<ReadOnlyMemory<byte>?> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var received = await socket.ReceiveAsync(buffer, cancellationToken);
        if (received.MessageType == WebSocketMessageType.Close)
            throw new WebSocketException(WebSocketError.ConnectionClosedPrematurely);
        ReadOnlyMemory<byte> data = buffer[..received.Count];
        _inputReceived += received.Count;
        if (_inputReceived > fault?.CutRequestAfterBytes)
            throw new WebSocketException(WebSocketError.ConnectionClosedPrematurely);
        if (!_insideMessage && data.Length > 0)
        {
            _receiving = data.Span[0];
            data = data[1..];
        }
        _insideMessage = !received.EndOfMessage;
        if (_receiving == Close && data.Span.Contains(StandardInput))
            return null;
        return _receiving == StandardInput ? data : ReadOnlyMemory<byte>.Empty;
    }

    /// <summary>Sends the status and closes.</summary>
    public async Task FinishAsync(JsonObject status, CancellationToken cancellationToken)
    {
        await SendMessageAsync(Error, status.ToBytes(), cancellationToken);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", cancellationToken);
    }

    public void Dispose() => _sending.Dispose();

    private ReadOnlyMemory<byte> Invert(ReadOnlyMemory<byte> part)
    {
        if (fault?.InvertByteAt - _outputSent is not { } at || at < 0 || at >= part.Length)
            return part;
        var spoiled = part.ToArray();
        spoiled[at] = (byte)~spoiled[at];
        return spoiled;
    }

    private async Task SendMessageAsync(byte channel, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);
        try
        {
            var message = new byte[data.Length + 1];
            message[0] = channel;
            data.CopyTo(message.AsMemory(1));
            await socket.SendAsync(message, WebSocketMessageType.Binary, true, cancellationToken);
        }
        finally
        {
            _sending.Release();
        }
    }
}

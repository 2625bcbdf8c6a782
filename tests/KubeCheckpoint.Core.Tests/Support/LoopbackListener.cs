using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;

namespace KubeCheckpoint.Core.Tests.Support;

/// <summary>A server of a test on 127.0.0.1 that handles each connection by itself.</summary>
internal abstract class LoopbackListener : IAsyncDisposable
{
    private const byte TlsHandshake = 22;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _accepting;

    protected LoopbackListener()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    protected CancellationToken Stopping => _stopping.Token;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stopping.Dispose();
    }

    protected abstract Task HandleAsync(Stream connection);

    /// <summary>Reads the head of an HTTP message, or the first byte of TLS; null where the connection ends before.</summary>
    protected async Task<string?> ReadHeadAsync(Stream stream)
    {
        var head = new StringBuilder();
        var next = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(next, Stopping) == 0)
                return null;
            head.Append((char)next[0]);
            if (head.Length == 1 && next[0] == TlsHandshake)
                break;
        }

        return head.ToString();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
                connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(Stopping)));
        }
        catch (Exception) when (Stopping.IsCancellationRequested)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                await HandleAsync(client.GetStream());
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException or AuthenticationException or SocketException)
            {
                // The client has gone, or does not trust this server.
            }
        }
    }
}

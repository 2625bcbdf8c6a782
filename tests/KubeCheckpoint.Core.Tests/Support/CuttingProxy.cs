using System.Net;
using System.Net.Sockets;

namespace KubeCheckpoint.Core.Tests.Support;

/// <summary>
/// A proxy in front of a server that cuts each connection after a random number of bytes in either direction, with a reset or an end of
/// data. A seed decides the numbers in the order of connections.
/// </summary>
internal sealed class CuttingProxy : IAsyncDisposable
{
    private const int BufferSize = 64 * 1024;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly int _target;
    private readonly Random _random;
    private readonly int _least;
    private readonly int _most;
    private readonly Task _accepting;
    private int _cuts;
    private long _sent;

    /// <param name="target">Host and port of the server.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="least">The least number of bytes after which a connection is cut.</param>
    /// <param name="most">The largest number.</param>
    public CuttingProxy(string target, int seed, int least, int most)
    {
        _target = int.Parse(target.Split(':')[1], null);
        _random = new Random(seed);
        (_least, _most) = (least, most);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Host => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>How many connections were cut.</summary>
    public int Cuts => _cuts;

    /// <summary>The bytes that clients have sent to the server.</summary>
    public long Sent => _sent;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stopping.Token);
                connections.Add(ForwardAsync(client, _random.Next(_least, _most), _random.Next(2) == 0));
            }
        }
        catch (Exception) when (_stopping.IsCancellationRequested)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ForwardAsync(TcpClient client, int limit, bool resets)
    {
        using (client)
        using (var server = new TcpClient())
        using (var end = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token))
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _target, end.Token);
                var up = PumpAsync(client.Client, server.Client, limit, count => Interlocked.Add(ref _sent, count), end);
                var down = PumpAsync(server.Client, client.Client, limit, _ => { }, end);
                await Task.WhenAny(up, down);
                // One side has ended the connection, or it was cut.
                await end.CancelAsync();
                var isCut = (await Task.WhenAll(up, down)).Any(cut => cut);
                if (isCut && resets)
                    client.LingerState = server.LingerState = new LingerOption(true, 0);
            }
            catch (Exception exception) when (exception is SocketException or OperationCanceledException)
            {
                // The server, or the test, has ended.
            }
        }
    }

    // True where the connection was cut here.
    private async Task<bool> PumpAsync(Socket from, Socket to, int limit, Action<int> onSent, CancellationTokenSource end)
    {
        try
        {
            var buffer = new byte[BufferSize];
            for (var sent = 0; sent < limit;)
            {
                var count = await from.ReceiveAsync(buffer.AsMemory(0, Math.Min(buffer.Length, limit - sent)), end.Token);
                if (count == 0)
                    return false;
                for (var written = 0; written < count;)
                    written += await to.SendAsync(buffer.AsMemory(written, count - written), end.Token);
                sent += count;
                onSent(count);
            }
            Interlocked.Increment(ref _cuts);
            return true;
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            return false;
        }
    }
}

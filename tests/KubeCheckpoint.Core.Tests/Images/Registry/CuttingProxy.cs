using System.Net;
using System.Net.Sockets;

namespace KubeCheckpoint.Core.Tests.Images.Registry;

/// <summary>Stands before a server and cuts connections, the first ones, each after so many bytes of what the client sends.</summary>
internal sealed class CuttingProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _target;
    private readonly Queue<int> _cuts;
    private readonly CancellationTokenSource _end = new();

    public CuttingProxy(string target, params int[] cuts)
    {
        _target = int.Parse(target.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture);
        _cuts = new Queue<int>(cuts);
        _listener.Start();
        _ = AcceptAsync();
    }

    public string Host => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    public int CutsLeft => _cuts.Count;

    public void Dispose()
    {
        _end.Cancel();
        _listener.Stop();
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ForwardAsync(await _listener.AcceptTcpClientAsync(_end.Token));
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task ForwardAsync(TcpClient client)
    {
        try
        {
            using (client)
            using (var server = new TcpClient())
            {
                await server.ConnectAsync(IPAddress.Loopback, _target, _end.Token);
                var back = server.GetStream().CopyToAsync(client.GetStream(), _end.Token);
                await SendAsync(client.GetStream(), server.GetStream());
                client.LingerState = new LingerOption(true, 0);
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task SendAsync(NetworkStream from, NetworkStream to)
    {
        var buffer = new byte[16 * 1024];
        long sent = 0;
        while (await from.ReadAsync(buffer, _end.Token) is > 0 and var count)
        {
            await to.WriteAsync(buffer.AsMemory(0, count), _end.Token);
            sent += count;
            lock (_cuts)
            {
                // Requests without a body worth speaking of pass.
                if (_cuts.TryPeek(out var cut) && sent >= cut)
                {
                    _cuts.Dequeue();
                    return;
                }
            }
        }
    }
}

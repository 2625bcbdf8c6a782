using System.Net;
using System.Net.Sockets;
using System.Text;

namespace KubeCheckpoint.Tests.Engine;

/// <summary>
/// An API server that accepts connections and, after the responses it is given, never responds. It counts the connections that the client
/// has not closed.
/// </summary>
internal sealed class SilentServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly SemaphoreSlim _asked = new(0);
    private readonly Queue<string> _answers = new();
    private int _open;

    public SilentServer(params string[] answers)
    {
        foreach (var answer in answers)
            _answers.Enqueue(answer);
        _listener.Start();
        KubeConfig = Path.Combine(AppContext.BaseDirectory, $"silent-{Guid.NewGuid():N}.yaml");
        File.WriteAllText(KubeConfig, $$"""
            apiVersion: v1
            kind: Config
            clusters: [{name: silent, cluster: {server: "http://{{_listener.LocalEndpoint}}" } }]
            users: [{name: nobody, user: {token: none} }]
            contexts: [{name: silent, context: {cluster: silent, user: nobody} }]
            current-context: silent
            """);
        _ = AcceptAsync();
    }

    public string KubeConfig { get; }

    /// <summary>The connections that the client has not closed.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>Waits for a request that gets no response.</summary>
    public void WaitForSilence() => Assert.True(_asked.Wait(TimeSpan.FromSeconds(20)), "No request came.");

    public void Dispose()
    {
        _listener.Dispose();
        File.Delete(KubeConfig);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptTcpClientAsync());
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        Interlocked.Increment(ref _open);
        try
        {
            using (client)
            {
                var stream = client.GetStream();
                var buffer = new byte[16 * 1024];
                while (await stream.ReadAsync(buffer) > 0)
                {
                    if (_answers.TryDequeue(out var body))
                        await stream.WriteAsync(Encoding.UTF8.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}"));
                    else
                        _asked.Release();
                }
            }
        }
        catch (IOException)
        {
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }
}

using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace KubeCheckpoint.Tests.Engine;

/// <summary>
/// A server that shows callers what they have sent, secrets included: as an API server, a kubelet, a registry, a token server or a proxy.
/// </summary>
internal sealed class EchoServer : IDisposable
{
    private const byte TlsHandshake = 0x16;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Lock _lock = new();
    private readonly StringBuilder _received = new();

    public EchoServer()
    {
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>The status of its responses.</summary>
    public int Status { get; set; } = 403;

    /// <summary>Whether responses are JSON in the form of an API server and of a registry, and otherwise text.</summary>
    public bool IsJson { get; set; }

    /// <summary>The challenge for requests without credentials, or null.</summary>
    public string? Challenge { get; set; }

    public string Address => $"{_listener.LocalEndpoint}";

    /// <summary>All that callers have sent.</summary>
    public string Received
    {
        get
        {
            lock (_lock)
                return _received.ToString();
        }
    }

    public void Dispose() => _listener.Dispose();

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
        using var connection = client;
        try
        {
            await RespondAsync(connection.GetStream());
        }
        catch (IOException)
        {
        }
    }

    private async Task RespondAsync(NetworkStream stream)
    {
        var request = await ReadAsync(stream);
        lock (_lock)
            _received.Append(request);
        var isAsked = Challenge is not null && !request.Contains("uthorization:", StringComparison.Ordinal) && !request.StartsWith("POST", StringComparison.Ordinal) && !request.Contains("/token", StringComparison.Ordinal);
        var header = isAsked ? $"WWW-Authenticate: {Challenge}\r\n" : "";
        var body = Encoding.UTF8.GetBytes(IsJson ? Json(request) : $"You sent:\n{request}");
        var head = $"HTTP/1.1 {(isAsked ? 401 : Status)} You-sent {request.ReplaceLineEndings(" ")}\r\n{header}Content-Type: {(IsJson ? "application/json" : "text/plain")}\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n";
        await stream.WriteAsync(Encoding.UTF8.GetBytes(head));
        await stream.WriteAsync(body);
    }

    private string Json(string request) => JsonSerializer.Serialize(new
    {
        kind = "Status",
        apiVersion = "v1",
        status = "Failure",
        message = request,
        reason = "Forbidden",
        code = Status,
        errors = new[] { new { code = "DENIED", message = request } },
    });

    private static async Task<string> ReadAsync(NetworkStream stream)
    {
        var buffer = new byte[64 * 1024];
        var length = 0;
        while (true)
        {
            var count = await stream.ReadAsync(buffer.AsMemory(length));
            length += count;
            var text = Encoding.UTF8.GetString(buffer, 0, length);
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            // Speaks no TLS.
            if (count == 0 || buffer[0] == TlsHandshake)
                throw new IOException();
            if (length == buffer.Length || (end >= 0 && text.Length - end - 4 >= BodyLength(text[..end])))
                return text;
        }
    }

    private static int BodyLength(string head) => head.Split("\r\n")
        .Where(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
        .Select(line => int.Parse(line.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture))
        .FirstOrDefault();
}

using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace KubeCheckpoint.Core.Tests.Support;

/// <summary>A proxy that speaks HTTP and SOCKS 5, and that alone can resolve the names of <c>.example</c>: they are this machine.</summary>
/// <param name="certificate">Its certificate, for a proxy that speaks TLS, or null.</param>
/// <param name="credential">The user name and password that it demands, or null.</param>
internal sealed class TestProxy(X509Certificate2? certificate = null, NetworkCredential? credential = null) : LoopbackListener
{
    private const byte SocksVersion = 5;

    /// <summary>What was asked for: <c>CONNECT host:port</c>, <c>SOCKS host:port</c>, or the request line of a request without TLS.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>Responds to CONNECT with this instead.</summary>
    public string? Refusal { get; init; }

    protected override async Task HandleAsync(Stream connection)
    {
        await using var stream = certificate is null ? connection : await SecureAsync(connection, certificate);
        var first = new byte[1];
        await stream.ReadExactlyAsync(first, Stopping);
        if (first[0] == SocksVersion)
            await HandleSocksAsync(stream);
        else
            await HandleHttpAsync(stream, (char)first[0]);
    }

    private async Task<Stream> SecureAsync(Stream connection, X509Certificate2 own)
    {
        var stream = new SslStream(connection);
        await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = own }, Stopping);
        return stream;
    }

    private async Task HandleHttpAsync(Stream stream, char first)
    {
        var head = first + await ReadHeadAsync(stream);
        var words = head.Split(' ');
        if (credential is not null && !head.Contains($"Proxy-Authorization: Basic {Login(credential)}\r\n", StringComparison.Ordinal))
        {
            await WriteAsync(
                stream, "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"test\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            return;
        }

        if (words[0] == "CONNECT")
        {
            Requests.Enqueue($"CONNECT {words[1]}");
            if (Refusal is not null)
            {
                await WriteAsync(stream, Refusal);
                return;
            }

            var colon = words[1].LastIndexOf(':');
            using var server = await ConnectAsync(words[1][..colon], int.Parse(words[1][(colon + 1)..], null));
            await WriteAsync(stream, "HTTP/1.1 200 Connection established\r\n\r\n");
            await RelayAsync(stream, server.GetStream());
        }
        else
        {
            Requests.Enqueue($"{words[0]} {words[1]}");
            var uri = new Uri(words[1]);
            using var server = await ConnectAsync(uri.Host, uri.Port);
            await WriteAsync(server.GetStream(), head.Replace(words[1], uri.PathAndQuery, StringComparison.Ordinal));
            await RelayAsync(stream, server.GetStream());
        }
    }

    private async Task HandleSocksAsync(Stream stream)
    {
        var methods = await ReadAsync(stream, (await ReadAsync(stream, 1))[0]);
        var method = (byte)(credential is null ? 0 : 2);
        if (!methods.Contains(method))
        {
            await stream.WriteAsync((byte[])[SocksVersion, 255], Stopping);
            return;
        }

        await stream.WriteAsync((byte[])[SocksVersion, method], Stopping);
        if (credential is not null)
        {
            await ReadAsync(stream, 1);
            var (user, password) = (await ReadTextAsync(stream), await ReadTextAsync(stream));
            var isRight = user == credential.UserName && password == credential.Password;
            await stream.WriteAsync((byte[])[1, isRight ? (byte)0 : (byte)1], Stopping);
            if (!isRight)
                return;
        }

        var head = await ReadAsync(stream, 4);
        var host = head[3] == 3 ? await ReadTextAsync(stream) : new IPAddress(await ReadAsync(stream, head[3] == 1 ? 4 : 16)).ToString();
        var port = BinaryPrimitives.ReadUInt16BigEndian(await ReadAsync(stream, 2));
        Requests.Enqueue($"SOCKS {host}:{port}");
        using var server = await ConnectAsync(host, port);
        await stream.WriteAsync((byte[])[SocksVersion, 0, 0, 1, 0, 0, 0, 0, 0, 0], Stopping);
        await RelayAsync(stream, server.GetStream());
    }

    private async Task<TcpClient> ConnectAsync(string host, int port)
    {
        var client = new TcpClient();
        await client.ConnectAsync(host.EndsWith(".example", StringComparison.Ordinal) ? "127.0.0.1" : host, port, Stopping);
        return client;
    }

    private async Task RelayAsync(Stream one, Stream other)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Stopping);
        await Task.WhenAny(one.CopyToAsync(other, end.Token), other.CopyToAsync(one, end.Token));
        await end.CancelAsync();
    }

    private async Task<string> ReadTextAsync(Stream stream) => Encoding.UTF8.GetString(await ReadAsync(stream, (await ReadAsync(stream, 1))[0]));

    private async Task<byte[]> ReadAsync(Stream stream, int length)
    {
        var bytes = new byte[length];
        await stream.ReadExactlyAsync(bytes, Stopping);
        return bytes;
    }

    private static string Login(NetworkCredential credential) =>
        Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credential.UserName}:{credential.Password}"));

    private async Task WriteAsync(Stream stream, string text) => await stream.WriteAsync(Encoding.ASCII.GetBytes(text), Stopping);
}

using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace KubeCheckpoint.Core.Tests.Support;

/// <summary>A server that responds well to every request but those to which it shows a fault.</summary>
/// <param name="fault">The fault.</param>
/// <param name="isFaulty">Whether it is shown to a request, given its method and path.</param>
/// <param name="respond">The status, further header lines and the body that other requests get.</param>
/// <param name="other">Another origin, to which the fault may lead.</param>
/// <param name="certificate">Its certificate. Null: no TLS.</param>
internal sealed class FaultServer(
    WireFault fault,
    Func<string, bool> isFaulty,
    Func<FaultServer, string, (int Status, string Headers, string Body)> respond,
    string other = "",
    X509Certificate2? certificate = null) : LoopbackListener
{
    private int _faults;

    /// <summary>The heads and bodies of the requests.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>How often the fault was shown.</summary>
    public int Faults => _faults;

    public string Origin => $"{(certificate is null ? "http" : "https")}://127.0.0.1:{Port}";

    /// <summary>A server that responds to everything with an empty object.</summary>
    public static FaultServer Faultless() => new(new("", _ => Task.CompletedTask), _ => false, (_, _) => (200, "", "{}"));

    protected override async Task HandleAsync(Stream connection)
    {
        await using var stream = certificate is null ? connection : await SecureAsync(connection, certificate);
        while (await ReadHeadAsync(stream) is { } head && head.EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            Requests.Enqueue(head + await ReadBodyAsync(stream, head));
            var words = head.Split(' ', 3);
            var request = $"{words[0]} {words[1]}";
            if (isFaulty(request))
            {
                Interlocked.Increment(ref _faults);
                await fault.ShowAsync(new(stream, Origin, other, words[1], Stopping));
                return;
            }
            var (status, headers, body) = respond(this, request);
            var text = words[0] == "HEAD" ? "" : body;
            await stream.WriteAsync(
                Encoding.UTF8.GetBytes($"HTTP/1.1 {status} X\r\n{headers}Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{text}"), Stopping);
        }
    }

    private async Task<Stream> SecureAsync(Stream connection, X509Certificate2 own)
    {
        var stream = new SslStream(connection);
        await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = own }, Stopping);
        return stream;
    }

    private async Task<string> ReadBodyAsync(Stream stream, string head)
    {
        const string Name = "content-length:";
        var line = head.Split("\r\n").FirstOrDefault(line => line.StartsWith(Name, StringComparison.OrdinalIgnoreCase));
        var body = new byte[line is null ? 0 : int.Parse(line[Name.Length..], CultureInfo.InvariantCulture)];
        await stream.ReadExactlyAsync(body, Stopping);
        return Encoding.UTF8.GetString(body);
    }
}

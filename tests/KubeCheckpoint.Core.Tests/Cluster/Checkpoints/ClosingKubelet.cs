using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace KubeCheckpoint.Core.Tests.Cluster.Checkpoints;

/// <summary>A kubelet without pods that ends the connection of a POST once it has read it, and counts them. Connections are kept open for more requests.</summary>
/// <param name="reset">True to reset the connection, false to close it as a server that stops does.</param>
/// <param name="sent">What it sends before that.</param>
internal sealed class ClosingKubelet(bool reset, string sent) : IDisposable
{
    private const string Pods = """{"kind":"PodList","apiVersion":"v1","items":[]}""";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly X509Certificate2 _certificate = NewCertificate();
    private int _posts;

    public int Posts => Volatile.Read(ref _posts);

    public Uri Start()
    {
        _listener.Start();
        _ = AcceptAsync();
        return new($"https://{_listener.LocalEndpoint}/");
    }

    public void Dispose()
    {
        _listener.Dispose();
        _certificate.Dispose();
    }

    private static X509Certificate2 NewCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=kubelet", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null);
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
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        await using (var stream = new SslStream(client.GetStream()))
        {
            await stream.AuthenticateAsServerAsync(_certificate);
            var buffer = new byte[16 * 1024];
            while (await stream.ReadAsync(buffer) is var count and > 0)
            {
                if (Encoding.ASCII.GetString(buffer, 0, count).StartsWith("POST", StringComparison.Ordinal))
                {
                    Interlocked.Increment(ref _posts);
                    await stream.WriteAsync(Encoding.ASCII.GetBytes(sent));
                    client.LingerState = new(reset, 0);
                    return;
                }

                await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {Pods.Length}\r\n\r\n{Pods}"));
            }
        }
    }
}

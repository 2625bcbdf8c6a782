using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Cluster.Checkpoints;

/// <summary>A kubelet without pods that ends the connection of a POST once it has read it, and counts them. Connections are kept open for more requests.</summary>
/// <param name="certificate">Its certificate.</param>
/// <param name="reset">True to reset the connection, false to close it as a server that stops does.</param>
/// <param name="sent">What it sends before that.</param>
internal sealed class ClosingKubelet(X509Certificate2 certificate, bool reset, string sent) : LoopbackListener
{
    private const string Pods = """{"kind":"PodList","apiVersion":"v1","items":[]}""";

    private int _posts;

    public int Posts => Volatile.Read(ref _posts);

    public Uri Uri => new($"https://127.0.0.1:{Port}/");

    protected override async Task HandleAsync(Stream connection)
    {
        await using var stream = new SslStream(connection);
        await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, Stopping);
        while (await ReadHeadAsync(stream) is { } head)
        {
            if (head.StartsWith("POST", StringComparison.Ordinal))
            {
                Interlocked.Increment(ref _posts);
                await stream.WriteAsync(Encoding.ASCII.GetBytes(sent), Stopping);
                ((NetworkStream)connection).Socket.LingerState = new(reset, 0);
                return;
            }

            await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {Pods.Length}\r\n\r\n{Pods}"), Stopping);
        }
    }
}

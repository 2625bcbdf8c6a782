using System.Net;

namespace KubeCheckpoint.Cluster.Sockets;

/// <summary>Opens connections through a proxy.</summary>
/// <param name="proxy">The proxy.</param>
/// <param name="trust">Which certificates of the server are trusted. For a proxy that speaks TLS, the authorities of the system are too.</param>
internal sealed class ProxyConnector(ProxyAddress proxy, ServerCertificates trust)
{
    private readonly TlsClient _tls = new(trust with { OrSystem = true }, certificate: null);

    /// <summary>A connection to a server, through a tunnel.</summary>
    public Task<Stream> OpenTunnelAsync(DnsEndPoint server, CancellationToken cancellationToken) => AttemptAsync(
        async stream =>
        {
            if (proxy.IsSocks)
                await SocksTunnel.OpenAsync(stream, proxy, server, cancellationToken).ConfigureAwait(false);
            else
                await HttpTunnel.OpenAsync(stream, proxy, server, cancellationToken).ConfigureAwait(false);
        },
        cancellationToken);

    /// <summary>A connection to the proxy itself.</summary>
    public Task<Stream> OpenAsync(CancellationToken cancellationToken) => AttemptAsync(_ => Task.CompletedTask, cancellationToken);

    private async Task<Stream> AttemptAsync(Func<Stream, Task> openTunnel, CancellationToken cancellationToken)
    {
        Stream? stream = null;
        try
        {
            stream = proxy.IsTls
                ? await _tls.ConnectAsync(ConnectAsync, proxy.Uri.IdnHost, cancellationToken).ConfigureAwait(false)
                : await ConnectAsync(cancellationToken).ConfigureAwait(false);
            await openTunnel(stream).ConfigureAwait(false);
            return stream;
        }
        catch (Exception exception)
        {
            if (stream is not null)
                await stream.DisposeAsync().ConfigureAwait(false);
            throw exception switch
            {
                ProxyException => exception,
                OperationCanceledException => Unreachable("no response within the time limit.", exception),
                ServerCertificateException => Unreachable($"its certificate is not trusted: {exception.Message}", exception),
                _ => Unreachable(exception.GetBaseException().Message, exception),
            };
        }
    }

    private Task<Stream> ConnectAsync(CancellationToken cancellationToken) => TcpConnector.ConnectAsync(proxy.EndPoint, cancellationToken);

    private ProxyException Unreachable(string problem, Exception exception) => new(proxy, ProxyProblem.Unreachable, problem, exception);
}

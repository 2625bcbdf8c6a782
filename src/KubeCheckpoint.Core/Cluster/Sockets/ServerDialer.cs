using KubeCheckpoint.Cluster.Credentials;

namespace KubeCheckpoint.Cluster.Sockets;

/// <summary>
/// Opens the connections to a server: TCP, the tunnel of a proxy, TLS. It does so itself because <see cref="SocketsHttpHandler"/> takes the name
/// for TLS from the Host header, and sends a client certificate before it has checked the server's.
/// </summary>
/// <param name="server">The server.</param>
/// <param name="certificate">The client certificate, or null.</param>
internal sealed class ServerDialer(ServerEndPoint server, ClientCertificate? certificate)
{
    /// <summary>The limit for establishing a connection, TLS included.</summary>
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    private readonly TlsClient _tls = new(server.Trust, certificate);
    private readonly ProxyConnector? _proxy = server.Proxy is null ? null : new(server.Proxy, server.Trust);

    /// <summary>For <see cref="SocketsHttpHandler.ConnectCallback"/>.</summary>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ConnectTimeout);
        try
        {
            return server.IsTls
                ? await _tls.ConnectAsync(OpenAsync, server.TlsName ?? server.Uri.IdnHost, limit.Token).ConfigureAwait(false)
                : await OpenAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"No connection within {ConnectTimeout.TotalSeconds:0} s.", exception);
        }

        Task<Stream> OpenAsync(CancellationToken token) => (_proxy, server.IsRelayed) switch
        {
            (null, _) => TcpConnector.ConnectAsync(context.DnsEndPoint, token),
            (_, true) => _proxy.OpenAsync(token),
            _ => _proxy.OpenTunnelAsync(context.DnsEndPoint, token),
        };
    }
}

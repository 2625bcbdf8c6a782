using KubeCheckpoint.Cluster.Credentials;

namespace KubeCheckpoint.Cluster.Sockets;

/// <summary>
/// Opens the connections to a server: TCP, the tunnel of a proxy, TLS. It does so itself because <see cref="SocketsHttpHandler"/> takes the name
/// for TLS from the Host header, and sends a client certificate before it has checked the server's.
/// </summary>
/// <param name="isTls">Whether the server speaks TLS.</param>
/// <param name="serverName">The name for TLS. Null: the host.</param>
/// <param name="trust">Which certificates are trusted.</param>
/// <param name="proxy">The proxy, or null.</param>
/// <param name="certificate">The client certificate, or null.</param>
internal sealed class ServerDialer(bool isTls, string? serverName, ServerCertificates trust, ProxyAddress? proxy, ClientCertificate? certificate)
{
    /// <summary>The limit for establishing a connection, TLS included.</summary>
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    private readonly TlsClient _tls = new(trust, certificate);
    private readonly ProxyConnector? _proxy = proxy is null ? null : new(proxy, trust);

    /// <summary>Whether the handler sends requests to the proxy itself, as HTTP proxies expect it of requests that are not encrypted.</summary>
    public bool IsRelayed => !isTls && proxy is { IsSocks: false };

    /// <summary>For <see cref="SocketsHttpHandler.ConnectCallback"/>.</summary>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ConnectTimeout);
        try
        {
            return isTls
                ? await _tls.ConnectAsync(OpenAsync, serverName ?? context.DnsEndPoint.Host, limit.Token).ConfigureAwait(false)
                : await OpenAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"No connection within {ConnectTimeout.TotalSeconds:0} s.", exception);
        }

        Task<Stream> OpenAsync(CancellationToken token) => (_proxy, IsRelayed) switch
        {
            (null, _) => TcpConnector.ConnectAsync(context.DnsEndPoint, token),
            (_, true) => _proxy.OpenAsync(token),
            _ => _proxy.OpenTunnelAsync(context.DnsEndPoint, token),
        };
    }
}

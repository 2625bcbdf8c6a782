using System.Net;
using System.Text;
using KubeCheckpoint.Cluster.Credentials;
using KubeCheckpoint.Cluster.Sockets;

namespace KubeCheckpoint.Cluster.Connections;

/// <summary>Creates what sends requests to an API server or a kubelet.</summary>
internal static class ServerHandler
{
    /// <summary>Creates a handler. It follows no redirect: another server must not receive what this one is trusted with.</summary>
    /// <param name="server">The address of the server.</param>
    /// <param name="serverName">The name for TLS. Null: the host of the address.</param>
    /// <param name="trust">Which certificates are trusted.</param>
    /// <param name="proxy">The proxy, or null.</param>
    /// <param name="certificate">The client certificate, or null.</param>
    public static SocketsHttpHandler Create(Uri server, string? serverName, ServerCertificates trust, ProxyAddress? proxy, ClientCertificate? certificate)
    {
        var dialer = new ServerDialer(server.Scheme == Uri.UriSchemeHttps, serverName, trust, proxy, certificate);
        return new()
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.GZip,
            ConnectCallback = dialer.ConnectAsync,

            // The dialer opens TLS to a proxy, so that the handler sees one without.
            Proxy = dialer.IsRelayed ? new WebProxy($"http://{proxy!.Uri.Authority}") { Credentials = proxy.Credential } : null,
            RequestHeaderEncodingSelector = (name, _) => HeaderLines.IsIn(name) ? new HeaderLines(name) : Encoding.UTF8,
            UseCookies = false,
            UseProxy = dialer.IsRelayed,
        };
    }
}

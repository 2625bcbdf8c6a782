using System.Net;
using System.Text;
using KubeCheckpoint.Cluster.Credentials;
using KubeCheckpoint.Cluster.Sockets;
using KubeCheckpoint.Http;

namespace KubeCheckpoint.Cluster.Connections;

/// <summary>Creates what sends requests to an API server or a kubelet.</summary>
internal static class ServerHandler
{
    /// <summary>Creates a handler.</summary>
    /// <param name="server">The server.</param>
    /// <param name="certificate">The client certificate, or null.</param>
    /// <param name="isCompressed">Whether responses may be compressed.</param>
    public static HttpMessageHandler Create(ServerEndPoint server, ClientCertificate? certificate, bool isCompressed)
    {
        var handler = HttpSender.NewHandler();
        handler.AutomaticDecompression = isCompressed ? DecompressionMethods.GZip : DecompressionMethods.None;
        handler.ConnectCallback = new ServerDialer(server, certificate).ConnectAsync;
        handler.RequestHeaderEncodingSelector = (name, _) => HeaderLines.IsIn(name) ? new HeaderLines(name) : Encoding.UTF8;
        handler.UseProxy = server.IsRelayed;
        if (!server.IsRelayed)
            return handler;

        // The dialer opens TLS to a proxy, so that the handler sees one without.
        handler.Proxy = new WebProxy($"http://{server.Proxy!.Uri.Authority}");
        return new ProxyRelayHandler(server.Proxy, handler);
    }
}

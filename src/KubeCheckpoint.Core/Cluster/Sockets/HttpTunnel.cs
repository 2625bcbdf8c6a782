using System.Globalization;
using System.Net;
using System.Text;
using KubeCheckpoint.Http;

namespace KubeCheckpoint.Cluster.Sockets;

/// <summary>Opens a tunnel through an HTTP proxy with <c>CONNECT</c>.</summary>
internal static class HttpTunnel
{
    private const int LongestHead = 64 * 1024;

    private const string HeadEnd = "\n\n";

    /// <summary>Makes a connection to the proxy one to the server.</summary>
    /// <exception cref="ProxyException">The proxy does not open the tunnel.</exception>
    public static async Task OpenAsync(Stream stream, ProxyAddress proxy, DnsEndPoint server, CancellationToken cancellationToken)
    {
        var host = server.Host.Contains(':', StringComparison.Ordinal) ? $"[{server.Host}]" : server.Host;
        var credential = proxy.BasicCredential is { } basic ? $"Proxy-Authorization: Basic {basic}\r\n" : "";
        var request = $"CONNECT {host}:{server.Port} HTTP/1.1\r\nHost: {host}:{server.Port}\r\n{credential}\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request), cancellationToken).ConfigureAwait(false);
        var head = await ReadHeadAsync(stream, proxy, cancellationToken).ConfigureAwait(false);
        var (status, text) = ReadStatus(head, proxy);
        var reason = new SentSecrets(proxy.BasicCredential, proxy.Credential?.Password).Hide(text);
        if (status == (int)HttpStatusCode.ProxyAuthenticationRequired)
            throw new ProxyException(proxy, ProxyProblem.Unauthorized, $"{status} {reason}".Trim());
        if (status is < 200 or >= 300)
            throw new ProxyException(proxy, ProxyProblem.Refused, $"{status} {reason}".Trim());
    }

    // Byte by byte: what follows the head belongs to the server.
    private static async Task<string> ReadHeadAsync(Stream stream, ProxyAddress proxy, CancellationToken cancellationToken)
    {
        var head = new StringBuilder();
        var next = new byte[1];
        while (head.Length < HeadEnd.Length || head.ToString(head.Length - HeadEnd.Length, HeadEnd.Length) != HeadEnd)
        {
            if (head.Length > LongestHead || await stream.ReadAsync(next, cancellationToken).ConfigureAwait(false) == 0)
                throw new ProxyException(proxy, ProxyProblem.Unreachable, "the connection ended within the response to CONNECT.");
            if (next[0] != '\r')
                head.Append((char)next[0]);
        }

        return head.ToString();
    }

    private static (int Status, string Reason) ReadStatus(string head, ProxyAddress proxy)
    {
        var parts = head[..head.IndexOf('\n', StringComparison.Ordinal)].Split(' ', 3);
        return parts.Length >= 2
            && parts[0].StartsWith("HTTP/1.", StringComparison.Ordinal)
            && int.TryParse(parts[1], CultureInfo.InvariantCulture, out var status)
                ? (status, parts.Length > 2 ? parts[2] : "")
                : throw new ProxyException(proxy, ProxyProblem.Unreachable, "the response to CONNECT is not HTTP.");
    }
}

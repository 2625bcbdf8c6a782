namespace KubeCheckpoint.Cluster.Sockets;

/// <summary>A server, and how to reach it.</summary>
/// <param name="Uri">Its address.</param>
/// <param name="Trust">Which of its certificates are trusted.</param>
internal sealed record ServerEndPoint(Uri Uri, ServerCertificates Trust)
{
    /// <summary>The name for TLS. Null: the host of the address.</summary>
    public string? TlsName { get; init; }

    /// <summary>The proxy, or null.</summary>
    public ProxyAddress? Proxy { get; init; }

    public bool IsTls => Uri.Scheme == Uri.UriSchemeHttps;

    /// <summary>Whether requests are sent to the proxy itself, as HTTP proxies expect it of those without TLS.</summary>
    public bool IsRelayed => !IsTls && Proxy is { IsSocks: false };
}

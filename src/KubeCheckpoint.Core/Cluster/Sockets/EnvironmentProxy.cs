namespace KubeCheckpoint.Cluster.Sockets;

/// <summary>The proxy that <c>HTTPS_PROXY</c>, <c>HTTP_PROXY</c> and <c>NO_PROXY</c> name for a server, by the rules of Go and so of kubectl.</summary>
internal static class EnvironmentProxy
{
    /// <summary>The proxy, or null for a direct connection.</summary>
    /// <param name="server">The server.</param>
    /// <param name="variable">Reads an environment variable.</param>
    /// <exception cref="KubeCheckpointException">ProxyInvalid.</exception>
    public static ProxyAddress? For(Uri server, Func<string, string?> variable)
    {
        var name = server.Scheme == Uri.UriSchemeHttps ? "HTTPS_PROXY" : "HTTP_PROXY";
        if (Find(name) is not { } text || new NoProxyRules(Find("NO_PROXY") ?? "").IsDirect(server))
            return null;

        // HOST:PORT without a scheme is a proxy that speaks HTTP.
        return ProxyAddress.TryParse(text.Contains("://", StringComparison.Ordinal) ? text : $"http://{text}") ?? throw ProxyFailure.ProxyInvalid(name);

        string? Find(string upper) => Filled(upper) ?? Filled(upper.ToLowerInvariant());

        string? Filled(string name) => variable(name) is { Length: > 0 } value ? value : null;
    }
}

namespace KubeCheckpoint.Cluster.Sockets;

/// <summary>Failures of the proxy to an API server. A factory's name is the error id.</summary>
internal static class ProxyFailure
{
    /// <summary>How the address of a proxy is written.</summary>
    public const string Format = "SCHEME://[USER:PASSWORD@]HOST:PORT, where the scheme is http, https, socks5 or socks5h";

    private const string Check = "Check 'proxy-url' of the cluster in the kubeconfig, or else HTTPS_PROXY, HTTP_PROXY and NO_PROXY.";

    /// <summary>An environment variable does not name a proxy.</summary>
    public static KubeCheckpointException ProxyInvalid(string variable) => new(
        nameof(ProxyInvalid), FailureCategory.InvalidArgument, variable,
        $"The environment variable {variable} is not the address of a proxy.",
        $"Set it to {Format}, or remove it.");

    /// <summary>The proxy to the API server does not respond, or its response is not that of a proxy.</summary>
    public static KubeCheckpointException ProxyUnreachable(Uri server, ProxyException inner) => new(
        nameof(ProxyUnreachable), FailureCategory.ConnectionError, inner.Proxy,
        $"There is no connection to the API server {server} through the proxy {inner.Proxy.GetLeftPart(UriPartial.Authority)}: {inner.Message}",
        $"{Check} The module never bypasses the proxy.", inner);

    /// <summary>The proxy rejects the user name and password, or demands them (407).</summary>
    public static KubeCheckpointException ProxyUnauthorized(Uri server, ProxyException inner) => new(
        nameof(ProxyUnauthorized), FailureCategory.AuthenticationError, inner.Proxy,
        $"The proxy {inner.Proxy.GetLeftPart(UriPartial.Authority)} to the API server {server} rejects the credentials: {inner.Message}",
        $"Give the user name and password in the proxy's address: {Format}.", inner);

    /// <summary>The proxy responds, but does not connect to the API server.</summary>
    public static KubeCheckpointException ProxyRefused(Uri server, ProxyException inner) => new(
        nameof(ProxyRefused), FailureCategory.ConnectionError, inner.Proxy,
        $"The proxy {inner.Proxy.GetLeftPart(UriPartial.Authority)} does not connect to the API server {server}: {inner.Message}",
        $"Check that the proxy can reach the API server, and that its rules allow it. {Check}", inner);

    public static KubeCheckpointException From(Uri server, ProxyException exception) => exception.Problem switch
    {
        ProxyProblem.Unauthorized => ProxyUnauthorized(server, exception),
        ProxyProblem.Refused => ProxyRefused(server, exception),
        _ => ProxyUnreachable(server, exception),
    };
}

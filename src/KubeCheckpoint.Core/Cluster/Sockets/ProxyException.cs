namespace KubeCheckpoint.Cluster.Sockets;

/// <summary>A connection through a proxy cannot be opened.</summary>
internal sealed class ProxyException(ProxyAddress proxy, ProxyProblem problem, string message, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>The proxy, without the password that its address may have: users reach an exception.</summary>
    public Uri Proxy { get; } = proxy.Uri;

    public ProxyProblem Problem { get; } = problem;
}

/// <summary>Why a connection through a proxy cannot be opened.</summary>
internal enum ProxyProblem
{
    /// <summary>It does not respond, or not as a proxy.</summary>
    Unreachable,

    /// <summary>It rejects the credentials.</summary>
    Unauthorized,

    /// <summary>It does not connect to the server.</summary>
    Refused,
}

namespace KubeCheckpoint.Cluster.Preflight;

/// <summary>The result of probing a kubelet's checkpoint endpoint.</summary>
/// <param name="Result">The result.</param>
/// <param name="Message">The message of the server.</param>
internal sealed record KubeletProbe(ProbeResult Result, string Message);

/// <summary>The result of requesting, through the node proxy, a checkpoint of a pod that does not exist.</summary>
internal enum ProbeResult
{
    /// <summary>There was no conclusive response.</summary>
    Unknown,

    /// <summary>The kubelet looked up the pod: it has the endpoint, and the user may use it.</summary>
    Open,

    /// <summary>The kubelet has no such endpoint.</summary>
    NoEndpoint,

    /// <summary>The kubelet refuses the API server itself.</summary>
    ApiServerForbidden,

    /// <summary>The API server refuses the user.</summary>
    CallerForbidden,

    /// <summary>The API server cannot reach the kubelet.</summary>
    KubeletUnreachable,
}

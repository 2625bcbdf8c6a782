namespace KubeCheckpoint.Cluster.Preflight;

/// <summary>What came of asking a kubelet, through the node proxy, for a checkpoint of a pod that does not exist.</summary>
internal enum ProbeResult
{
    /// <summary>There was no answer that tells anything.</summary>
    Unknown,

    /// <summary>The kubelet looked for the pod: the endpoint is there and the way to it open.</summary>
    Open,

    /// <summary>There is no endpoint.</summary>
    NoEndpoint,

    /// <summary>The kubelet refuses the API server itself.</summary>
    ApiServerForbidden,

    /// <summary>The API server refuses the caller.</summary>
    CallerForbidden,

    /// <summary>The API server does not reach the kubelet.</summary>
    KubeletUnreachable,
}

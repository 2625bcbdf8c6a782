namespace KubeCheckpoint.Sandbox;

/// <summary>The server of the sandbox that a request went to.</summary>
public enum SandboxServer
{
    /// <summary>The API server.</summary>
    ApiServer,

    /// <summary>The kubelet of one of the nodes.</summary>
    Kubelet,

    /// <summary>The image registry with its token endpoint.</summary>
    Registry,
}

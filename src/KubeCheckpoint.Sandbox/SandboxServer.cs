namespace KubeCheckpoint.Sandbox;

/// <summary>A server of the sandbox.</summary>
public enum SandboxServer
{
    /// <summary>The API server.</summary>
    ApiServer,

    /// <summary>The kubelet of one of the nodes.</summary>
    Kubelet,

    /// <summary>The image registry with its token endpoint.</summary>
    Registry,
}

namespace KubeCheckpoint.Sandbox;

/// <summary>A node of the sandbox, as it is declared before the cluster starts.</summary>
/// <param name="Name">The node's name, a DNS subdomain.</param>
/// <param name="Runtime">The runtime whose archives and answers the node's kubelet gives.</param>
public sealed record SandboxNode(string Name, SandboxRuntime Runtime)
{
    /// <summary>What <c>status.nodeInfo.architecture</c> says, in Go's words (<c>amd64</c>, <c>arm64</c>). The fixtures are amd64.</summary>
    public string Architecture { get; init; } = "amd64";

    /// <summary>What <c>status.nodeInfo.containerRuntimeVersion</c> says; null gives the version the transcripts were taken from.</summary>
    public string? RuntimeVersion { get; init; }

    internal string ContainerRuntimeVersion =>
        RuntimeVersion ?? (Runtime == SandboxRuntime.CriO ? "cri-o://1.36.3" : "containerd://2.1.9");

    internal string ContainerIdScheme => Runtime == SandboxRuntime.CriO ? "cri-o://" : "containerd://";
}

namespace KubeCheckpoint.Sandbox;

/// <summary>A node of the sandbox, as declared before the cluster starts.</summary>
/// <param name="Name">The node's name, a DNS subdomain.</param>
/// <param name="Runtime">The runtime whose archives and responses the node's kubelet returns.</param>
public sealed record SandboxNode(string Name, SandboxRuntime Runtime)
{
    /// <summary>The value of <c>status.nodeInfo.architecture</c>, in Go's terms (<c>amd64</c>, <c>arm64</c>). The fixtures are amd64.</summary>
    public string Architecture { get; init; } = "amd64";

    /// <summary>The value of <c>status.nodeInfo.containerRuntimeVersion</c>; null for the version in the transcripts.</summary>
    public string? RuntimeVersion { get; init; }

    /// <summary>The value of <c>status.nodeInfo.kubeletVersion</c>. Before v1.30 the gate ContainerCheckpoint is off by default.</summary>
    public string KubeletVersion { get; init; } = "v1.36.2";

    /// <summary>The value of <c>status.nodeInfo.kernelVersion</c> and of /proc/sys/kernel/osrelease.</summary>
    public string KernelVersion { get; init; } = "6.18.0";

    /// <summary>The value of <c>status.nodeInfo.operatingSystem</c>.</summary>
    public string OperatingSystem { get; init; } = "linux";

    /// <summary>Whether the condition Ready is true.</summary>
    public bool Ready { get; init; } = true;

    /// <summary>Whether the node is cordoned.</summary>
    public bool Unschedulable { get; init; }

    /// <summary>The pressure conditions that are true, such as DiskPressure.</summary>
    public IReadOnlyList<string> Pressures { get; init; } = [];

    /// <summary>The gate ContainerCheckpoint in the kubelet's configuration; null if it is not set.</summary>
    public bool? CheckpointGate { get; init; }

    /// <summary>The kubelet's enableDebuggingHandlers, without which there is neither /checkpoint nor /configz.</summary>
    public bool DebuggingHandlers { get; init; } = true;

    /// <summary>The free bytes on the disk of the kubelet's folder.</summary>
    public long AvailableBytes { get; init; } = 40L * 1024 * 1024 * 1024;

    /// <summary>What containers can read of the node.</summary>
    public SandboxNodeHost Host { get; init; } = new();

    internal bool HasCheckpointEndpoint => DebuggingHandlers
        && (CheckpointGate ?? Version.Parse(KubeletVersion.TrimStart('v').Split('-', '+')[0]) >= new Version(1, 30));

    internal string ContainerRuntimeVersion =>
        RuntimeVersion ?? (Runtime == SandboxRuntime.CriO ? "cri-o://1.36.3" : "containerd://2.1.9");

    internal string ContainerIdScheme => Runtime == SandboxRuntime.CriO ? "cri-o://" : "containerd://";
}

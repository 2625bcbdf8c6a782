namespace KubeCheckpoint.Cluster.Nodes;

/// <summary>A node, as its kubelet reports it to the API server.</summary>
public sealed record ClusterNode
{
    /// <summary>The node's name.</summary>
    public required string Name { get; init; }

    /// <summary>True if the condition Ready is true.</summary>
    public bool IsReady { get; init; }

    /// <summary>True if the node is cordoned: the scheduler places no pods there.</summary>
    public bool IsUnschedulable { get; init; }

    /// <summary>The kubelet's version, such as <c>v1.36.2</c>, or null.</summary>
    public string? KubeletVersion { get; init; }

    /// <summary>The runtime, or null if it is neither CRI-O nor containerd.</summary>
    public CheckpointEngine? Runtime { get; init; }

    /// <summary>The runtime name before <c>://</c> in <c>containerRuntimeVersion</c>, such as <c>cri-o</c> or <c>containerd</c>; or null.</summary>
    public string? RuntimeName { get; init; }

    /// <summary>The runtime's version, such as <c>1.36.3</c> or <c>2.1.9</c>, or null.</summary>
    public string? RuntimeVersion { get; init; }

    /// <summary>The architecture as Go and OCI name it, such as <c>amd64</c> or <c>arm64</c>; or null.</summary>
    public string? Architecture { get; init; }

    /// <summary>The operating system as Go names it: <c>linux</c> or <c>windows</c>; or null.</summary>
    public string? OperatingSystem { get; init; }

    /// <summary>The distribution, such as <c>Debian GNU/Linux 13 (trixie)</c>, or null.</summary>
    public string? OsImage { get; init; }

    /// <summary>The kernel's release, as <c>uname -r</c> prints it, or null.</summary>
    public string? KernelVersion { get; init; }

    /// <summary>The address within the cluster, or null.</summary>
    public string? InternalIP { get; init; }

    /// <summary>The conditions ending in Pressure that are true, such as <c>DiskPressure</c>.</summary>
    public IReadOnlyList<string> Pressures { get; init; } = [];

    /// <summary>
    /// The names, tags and digests of the images on the node. By default, a kubelet lists only the 50 largest images
    /// (<c>nodeStatusMaxImages</c>): an image that is missing here may still be on the node.
    /// </summary>
    public IReadOnlyList<string> ImageNames { get; init; } = [];

    /// <summary>The taints that evict pods without a matching toleration (effect NoExecute), as <c>key=value</c>.</summary>
    public IReadOnlyList<string> EvictingTaints { get; init; } = [];

    /// <summary>The taints that keep pods without a matching toleration from being scheduled (effect NoSchedule), as <c>key=value</c>.</summary>
    public IReadOnlyList<string> RepellingTaints { get; init; } = [];

    /// <summary>What pods can request in total, by the name of the resource: cores of cpu, bytes of memory, a number of pods. Empty if not known.</summary>
    public IReadOnlyDictionary<string, decimal> Allocatable { get; init; } = new Dictionary<string, decimal>();

    /// <summary>The labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}

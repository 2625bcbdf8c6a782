namespace KubeCheckpoint.Cluster.Nodes;

/// <summary>A node as the API server shows it. What it says of itself is the kubelet's word.</summary>
public sealed record ClusterNode
{
    /// <summary>The node's name.</summary>
    public required string Name { get; init; }

    /// <summary>True where the condition Ready holds.</summary>
    public bool IsReady { get; init; }

    /// <summary>True where the node is cordoned: the scheduler puts no pods there.</summary>
    public bool IsUnschedulable { get; init; }

    /// <summary>The kubelet's version, such as <c>v1.36.2</c>, or null.</summary>
    public string? KubeletVersion { get; init; }

    /// <summary>The runtime, or null where it is another than the two that can checkpoint.</summary>
    public CheckpointEngine? Runtime { get; init; }

    /// <summary>The runtime by its own name, as it stands before <c>://</c> in <c>containerRuntimeVersion</c>: <c>cri-o</c>, <c>containerd</c>.</summary>
    public string? RuntimeName { get; init; }

    /// <summary>The runtime's version, such as <c>1.36.3</c> or <c>2.1.9</c>, or null.</summary>
    public string? RuntimeVersion { get; init; }

    /// <summary>The architecture in Go's words, which are also OCI's: <c>amd64</c>, <c>arm64</c>; or null.</summary>
    public string? Architecture { get; init; }

    /// <summary>The operating system in Go's words: <c>linux</c> or <c>windows</c>; or null.</summary>
    public string? OperatingSystem { get; init; }

    /// <summary>The distribution, such as <c>Debian GNU/Linux 13 (trixie)</c>, or null.</summary>
    public string? OsImage { get; init; }

    /// <summary>The kernel's release, as <c>uname -r</c> prints it, or null.</summary>
    public string? KernelVersion { get; init; }

    /// <summary>The address within the cluster, or null.</summary>
    public string? InternalIP { get; init; }

    /// <summary>The conditions whose names end in Pressure that hold now, such as <c>DiskPressure</c>.</summary>
    public IReadOnlyList<string> Pressures { get; init; } = [];

    /// <summary>
    /// The names, tags and digests of the images on the node. A kubelet names the 50 largest images only, unless its
    /// <c>nodeStatusMaxImages</c> says otherwise: an image that is not here may be there all the same.
    /// </summary>
    public IReadOnlyList<string> ImageNames { get; init; } = [];

    /// <summary>The taints that let no pod run that does not tolerate them (effect NoExecute), as <c>key=value</c>.</summary>
    public IReadOnlyList<string> EvictingTaints { get; init; } = [];

    /// <summary>The taints for whose sake the scheduler puts no pod here that does not tolerate them (effect NoSchedule), as <c>key=value</c>.</summary>
    public IReadOnlyList<string> RepellingTaints { get; init; } = [];

    /// <summary>The labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}

namespace KubeCheckpoint;

/// <summary>Whether a node can checkpoint and restore containers, and whether archives can be downloaded from it.</summary>
public sealed record CheckpointSupport
{
    /// <summary>The node's name.</summary>
    public required string NodeName { get; init; }

    /// <summary>The kubelet's version, such as <c>v1.36.2</c>, or null.</summary>
    public string? KubeletVersion { get; init; }

    /// <summary>The runtime, or null where it is another than the two that can checkpoint.</summary>
    public CheckpointEngine? Runtime { get; init; }

    /// <summary>The runtime by its own name, such as <c>cri-o</c>, <c>containerd</c> or <c>docker</c>, or null.</summary>
    public string? RuntimeName { get; init; }

    /// <summary>The runtime's version, such as <c>1.36.3</c>, or null.</summary>
    public string? RuntimeVersion { get; init; }

    /// <summary>The architecture in OCI's words, such as <c>amd64</c>, or null.</summary>
    public string? Architecture { get; init; }

    /// <summary>The kernel's release as <c>uname -r</c> prints it, or null.</summary>
    public string? KernelVersion { get; init; }

    /// <summary>
    /// True where this caller can checkpoint containers on the node by one way or the other, false where a check failed, null where what
    /// decides could not be found out.
    /// </summary>
    public bool? CanCheckpoint { get; init; }

    /// <summary>The same for bringing archives off the node.</summary>
    public bool? CanSave { get; init; }

    /// <summary>
    /// The same for restoring on the node from an image. Null where the runtime has restoring off unless it is configured, and nobody
    /// looked: -Deep does.
    /// </summary>
    public bool? CanRestore { get; init; }

    /// <summary>The checks, in the order in which they were asked.</summary>
    public required IReadOnlyList<SupportCheck> Checks { get; init; }

    /// <summary>What the proof by a pod of its own measured, or null where there was none.</summary>
    public CheckpointProof? Proof { get; init; }

    /// <summary>The kubeconfig file the node was read with, or null for the usual places.</summary>
    public string? KubeConfig => Cluster?.KubeConfig;

    /// <summary>The context the node was read with, or null for the current one.</summary>
    public string? Context => Cluster?.Context;

    internal ClusterTarget? Cluster { get; init; }

    /// <summary>The node's name.</summary>
    public override string ToString() => NodeName;
}

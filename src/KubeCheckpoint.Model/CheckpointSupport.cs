namespace KubeCheckpoint;

/// <summary>Whether containers can be checkpointed on a node, their archives downloaded from it, and checkpoints restored on it.</summary>
public sealed record CheckpointSupport
{
    /// <summary>The node's name.</summary>
    public required string NodeName { get; init; }

    /// <summary>The kubelet's version, such as <c>v1.36.2</c>, or null.</summary>
    public string? KubeletVersion { get; init; }

    /// <summary>The runtime, or null where it is neither CRI-O nor containerd.</summary>
    public CheckpointEngine? Runtime { get; init; }

    /// <summary>The runtime by its own name, such as <c>cri-o</c>, <c>containerd</c> or <c>docker</c>, or null.</summary>
    public string? RuntimeName { get; init; }

    /// <summary>The runtime's version, such as <c>1.36.3</c>, or null.</summary>
    public string? RuntimeVersion { get; init; }

    /// <summary>The architecture by its OCI name, such as <c>amd64</c>, or null.</summary>
    public string? Architecture { get; init; }

    /// <summary>The kernel's release as <c>uname -r</c> prints it, or null.</summary>
    public string? KernelVersion { get; init; }

    /// <summary>
    /// True where this caller can checkpoint containers on the node in at least one way, false where a check failed, null where a check
    /// that decides has no result.
    /// </summary>
    public bool? CanCheckpoint { get; init; }

    /// <summary>The same for downloading archives from the node.</summary>
    public bool? CanSave { get; init; }

    /// <summary>
    /// The same for restoring on the node from an image. Null where the runtime's default is off and its configuration was not read,
    /// which needs -Deep.
    /// </summary>
    public bool? CanRestore { get; init; }

    /// <summary>The checks, in the order in which they ran.</summary>
    public required IReadOnlyList<SupportCheck> Checks { get; init; }

    /// <summary>What the proof with a test pod measured, or null where there was none.</summary>
    public CheckpointProof? Proof { get; init; }

    /// <summary>The kubeconfig file the node was read with, or null for the usual places.</summary>
    public string? KubeConfig => Cluster?.KubeConfig;

    /// <summary>The context the node was read with, or null for the current one.</summary>
    public string? Context => Cluster?.Context;

    /// <summary>The user that requests were made as, or null for that of the kubeconfig.</summary>
    public string? As => Cluster?.As;

    /// <summary>The groups that requests were made as, if not those of the kubeconfig.</summary>
    public IReadOnlyList<string> AsGroup => Cluster?.AsGroup ?? [];

    internal ClusterTarget? Cluster { get; init; }

    /// <summary>The node's name.</summary>
    public override string ToString() => TerminalText.Line(NodeName);
}

namespace KubeCheckpoint;

/// <summary>A pod that was moved to another node: the new pod has replaced the original.</summary>
public sealed record PodMove
{
    /// <summary>The namespace of both.</summary>
    public required string Namespace { get; init; }

    /// <summary>The new pod's name.</summary>
    public required string PodName { get; init; }

    /// <summary>The node the new pod runs on.</summary>
    public required string NodeName { get; init; }

    /// <summary>The original's name.</summary>
    public required string PreviousPodName { get; init; }

    /// <summary>The node the original ran on.</summary>
    public required string? PreviousNodeName { get; init; }

    /// <summary>The owner of the new pod, such as <c>ReplicaSet/web-5d4f</c>, or null where it has none.</summary>
    public string? Owner { get; init; }

    /// <summary>The moment of the checkpoint.</summary>
    public required DateTimeOffset CheckpointedAt { get; init; }

    /// <summary>
    /// How long the original ran on after the checkpoint: what it did then is not in the new pod. Zero if it was held still from its dump on.
    /// </summary>
    public required TimeSpan Gap { get; init; }

    /// <summary>
    /// How long neither pod served: from the last instruction of the original until the new pod was ready, verified and selected by its Services. Zero
    /// if the original ran until then.
    /// </summary>
    public required TimeSpan Downtime { get; init; }

    /// <summary>How long a container was frozen for its dump, as measured by CRIU: the longest of all.</summary>
    public required TimeSpan Freeze { get; init; }

    /// <summary>The containers that were frozen from their dump until the original was replaced, in the order of their dumps.</summary>
    public required IReadOnlyList<string> HeldContainers { get; init; }

    /// <summary>The size of the archives and volumes that were moved, in bytes.</summary>
    public required long Bytes { get; init; }

    /// <summary>How long the steps took.</summary>
    public required IReadOnlyList<StageTime> Stages { get; init; }

    /// <summary>The results of the probes.</summary>
    public IReadOnlyList<PodProbeResult> Probes { get; init; } = [];

    /// <summary>The images the containers were restored from. They are kept: the kubelet restarts a container that ends from the same image.</summary>
    public required IReadOnlyList<RestoreImage> Images { get; init; }

    /// <summary>The local paths of the archives, or empty.</summary>
    public IReadOnlyList<string> ArchivePaths { get; init; } = [];

    /// <summary>The new pod.</summary>
    public required Pod Pod { get; init; }

    /// <summary>The kubeconfig file used, or null for the usual places.</summary>
    public string? KubeConfig => Pod.KubeConfig;

    /// <summary>The context used, or null for the current one.</summary>
    public string? Context => Pod.Context;

    /// <summary>The user that requests were made as, or null for that of the kubeconfig.</summary>
    public string? As => Pod.As;

    /// <summary>The groups that requests were made as, if not those of the kubeconfig.</summary>
    public IReadOnlyList<string> AsGroup => Pod.AsGroup;

    /// <summary><c>namespace/old on node1 -> namespace/new on node2</c>.</summary>
    public override string ToString() => TerminalText.Line($"{Namespace}/{PreviousPodName} on {PreviousNodeName} -> {Namespace}/{PodName} on {NodeName}");
}

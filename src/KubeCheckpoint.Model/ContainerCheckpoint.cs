namespace KubeCheckpoint;

/// <summary>A checkpoint that a kubelet wrote to its node.</summary>
public sealed record ContainerCheckpoint
{
    /// <summary>The pod's namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>The pod's name.</summary>
    public required string PodName { get; init; }

    /// <summary>The container's name.</summary>
    public required string ContainerName { get; init; }

    /// <summary>The node that has the archive, or null when a kubelet was called directly and its node is not known.</summary>
    public string? NodeName { get; init; }

    /// <summary>The archive's path on the node, as the kubelet gave it.</summary>
    public required string NodePath { get; init; }

    /// <summary>When the request was sent, by this machine's clock.</summary>
    public required DateTimeOffset CheckpointedAt { get; init; }

    /// <summary>How long the kubelet took. The container was frozen for part of it.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>The pod's uid, or null when it is not known.</summary>
    public string? PodUid { get; init; }

    /// <summary>The pod's manifest when the checkpoint was requested, or null when it could not be read.</summary>
    public PodManifest? PodManifest { get; init; }

    /// <summary>The kubeconfig file used, or null for the usual places.</summary>
    public string? KubeConfig => Cluster?.KubeConfig;

    /// <summary>The context used, or null for the current one.</summary>
    public string? Context => Cluster?.Context;

    /// <summary>The user that requests were made as, or null for that of the kubeconfig.</summary>
    public string? As => Cluster?.As;

    /// <summary>The groups that requests were made as, if not those of the kubeconfig.</summary>
    public IReadOnlyList<string> AsGroup => Cluster?.AsGroup ?? [];

    internal ClusterTarget? Cluster { get; init; }

    /// <summary><c>namespace/pod/container</c>.</summary>
    public override string ToString() => TerminalText.Line($"{Namespace}/{PodName}/{ContainerName}");
}

using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Cluster.Access;

/// <summary>Which rights to give, and to whom.</summary>
public sealed record AccessGrant
{
    /// <summary>Whom to; null for the API server's own right alone.</summary>
    public AccessSubject? Subject { get; init; }

    /// <summary>What they want to do.</summary>
    public IReadOnlyList<CheckpointTask> Tasks { get; init; } = [];

    /// <summary>The namespaces of the pods they do it with.</summary>
    public IReadOnlyList<string> Namespaces { get; init; } = [];

    /// <summary>True for all namespaces, those to come included, in the place of <see cref="Namespaces"/>.</summary>
    public bool AllNamespaces { get; init; }

    /// <summary>The namespace of helper pods.</summary>
    public string HelperNamespace { get; init; } = ArchiveTransferOptions.DefaultNamespace;

    /// <summary>True for checkpoints straight from the kubelet: nodes/checkpoint in the place of nodes/proxy.</summary>
    public bool DirectToKubelet { get; init; }

    /// <summary>The API server's own identity at the kubelets, which is to get nodes/checkpoint; null to leave it alone.</summary>
    public string? ApiServerUser { get; init; }
}

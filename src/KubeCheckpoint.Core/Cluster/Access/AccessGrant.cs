using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Cluster.Access;

/// <summary>The permissions to grant, and to whom.</summary>
public sealed record AccessGrant
{
    /// <summary>The subject; null to grant only the permission of the API server.</summary>
    public AccessSubject? Subject { get; init; }

    /// <summary>The tasks that the subject does.</summary>
    public IReadOnlyList<CheckpointTask> Tasks { get; init; } = [];

    /// <summary>The namespaces of the pods.</summary>
    public IReadOnlyList<string> Namespaces { get; init; } = [];

    /// <summary>True for all namespaces, including future ones, instead of <see cref="Namespaces"/>.</summary>
    public bool AllNamespaces { get; init; }

    /// <summary>The namespace of the helper pods.</summary>
    public string HelperNamespace { get; init; } = ArchiveTransferOptions.DefaultNamespace;

    /// <summary>True for checkpoints directly from the kubelet: nodes/checkpoint instead of nodes/proxy.</summary>
    public bool DirectToKubelet { get; init; }

    /// <summary>The user name of the API server at the kubelets, which gets nodes/checkpoint; or null.</summary>
    public string? ApiServerUser { get; init; }
}

using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Cluster.Preflight.Restores;

/// <summary>What a preflight of a restore asks for.</summary>
public sealed record RestorePreflightOptions
{
    /// <summary>The namespace to restore in, or null for that of the pod that was checkpointed.</summary>
    public string? Namespace { get; init; }

    /// <summary>
    /// True to look at the node through a short-lived pod: processor, page size, security module, cgroups, criu and the runtime's
    /// configuration show in no other way.
    /// </summary>
    public bool LooksAtNode { get; init; } = true;

    /// <summary>That pod: its namespace, image and pull policy.</summary>
    public ArchiveTransferOptions Helper { get; init; } = new();

    /// <summary>How the registry of the container's image is spoken to.</summary>
    public Images.Registry.RegistryOptions Registry { get; init; } = new();
}

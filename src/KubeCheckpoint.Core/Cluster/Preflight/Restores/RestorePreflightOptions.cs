using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Cluster.Preflight.Restores;

/// <summary>The options of a preflight of restores.</summary>
public sealed record RestorePreflightOptions
{
    /// <summary>The namespace to restore in, or null for that of the checkpointed pod.</summary>
    public string? Namespace { get; init; }

    /// <summary>
    /// True to inspect the node through a short-lived pod, the only way to see the processor, page size, security module, cgroups, criu and
    /// the runtime configuration.
    /// </summary>
    public bool LooksAtNode { get; init; } = true;

    /// <summary>The namespace, image and pull policy of that pod.</summary>
    public ArchiveTransferOptions Helper { get; init; } = new();

    /// <summary>The options for the registry of the container's image.</summary>
    public Images.Registry.RegistryOptions Registry { get; init; } = new();
}

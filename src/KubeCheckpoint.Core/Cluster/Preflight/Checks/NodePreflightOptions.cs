using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Cluster.Preflight.Checks;

/// <summary>The options of a preflight of nodes.</summary>
public sealed record NodePreflightOptions
{
    /// <summary>The namespace to restore pods in, or null for the namespace of the context.</summary>
    public string? RestoreNamespace { get; init; }

    /// <summary>The namespace, image and pull policy of the helper pods.</summary>
    public ArchiveTransferOptions Helper { get; init; } = new();

    /// <summary>True to inspect each node through a pod, and to checkpoint a temporary pod there.</summary>
    public bool IsDeep { get; init; }

    /// <summary>The repository for the restore image of the temporary pod, without a tag; null to skip the restore.</summary>
    public string? Repository { get; init; }

    /// <summary>The registry options.</summary>
    public Images.Registry.RegistryOptions Registry { get; init; } = new();

    /// <summary>How long the restored pod may take to be Running and Ready.</summary>
    public TimeSpan RestoreTimeout { get; init; } = TimeSpan.FromMinutes(2);
}

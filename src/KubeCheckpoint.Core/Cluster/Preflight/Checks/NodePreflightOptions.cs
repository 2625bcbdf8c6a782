using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Cluster.Preflight.Checks;

/// <summary>What a preflight of nodes asks for.</summary>
public sealed record NodePreflightOptions
{
    /// <summary>The namespace that pods would be restored in, or null for that of the context.</summary>
    public string? RestoreNamespace { get; init; }

    /// <summary>The helper pods: their namespace, image and pull policy.</summary>
    public ArchiveTransferOptions Helper { get; init; } = new();

    /// <summary>True to look at each node through a pod on it, and to checkpoint a throw-away pod there.</summary>
    public bool IsDeep { get; init; }

    /// <summary>Where the restore image of the throw-away pod goes, without a tag; null to leave restoring out.</summary>
    public string? Repository { get; init; }

    /// <summary>How the registry is spoken to.</summary>
    public Images.Registry.RegistryOptions Registry { get; init; } = new();

    /// <summary>How long the restored pod may take to be Running and Ready.</summary>
    public TimeSpan RestoreTimeout { get; init; } = TimeSpan.FromMinutes(2);
}

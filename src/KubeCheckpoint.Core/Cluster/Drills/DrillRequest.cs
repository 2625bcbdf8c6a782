using KubeCheckpoint.Cluster.Preflight.Restores;
using KubeCheckpoint.Cluster.Probes;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Cluster.Volumes;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Cluster.Drills;

/// <summary>What a drill restores, and how.</summary>
public sealed record DrillRequest
{
    /// <summary>A running pod, freshly read, which is checkpointed first; null for a drill of archives or images.</summary>
    public Pod? Pod { get; init; }

    /// <summary>Restore images of one pod.</summary>
    public IReadOnlyList<RestoreImage> Images { get; init; } = [];

    /// <summary>Archives of one pod.</summary>
    public IReadOnlyList<CheckpointArchive> Archives { get; init; } = [];

    /// <summary>The manifest to restore from. Null: the one stored with images or archives.</summary>
    public PodManifest? Manifest { get; init; }

    /// <summary>The node to restore on, or null for one that the scheduler chooses among those that fit.</summary>
    public string? NodeName { get; init; }

    /// <summary>Registry and repository for images of archives, without a tag.</summary>
    public string? Repository { get; init; }

    /// <summary>How to connect to the registry.</summary>
    public RegistryOptions Registry { get; init; } = new();

    /// <summary>The probes that the copy must pass.</summary>
    public IReadOnlyList<IPodProbe> Probes { get; init; } = [];

    /// <summary>How long each probe may take.</summary>
    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the runtime may take for a checkpoint, or null for the kubelet's own limit.</summary>
    public TimeSpan? CheckpointTimeout { get; init; }

    /// <summary>How long to wait until the copy is Running and Ready.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>True to pull the images that the containers ran from first.</summary>
    public bool PullBaseImages { get; init; } = true;

    /// <summary>Copies the volumes of a running pod, to put them into the copy; null to leave them out. The caller disposes of it.</summary>
    public VolumeTransfer? Volumes { get; init; }

    /// <summary>True to put back the content of volumes that is kept beside archives, or copied from a running pod.</summary>
    public bool RestoresVolumes { get; init; } = true;

    /// <summary>The image of the init container that puts volumes back, and its pull policy.</summary>
    public ArchiveTransferOptions Helper { get; init; } = new();

    /// <summary>True to compare all files of the copy with the archives, false for a sample.</summary>
    public bool ComparesAllFiles { get; init; }

    /// <summary>True to let the copy open connections; otherwise a network policy forbids them.</summary>
    public bool AllowsNetwork { get; init; }

    /// <summary>Explains why the copy could not be restored, or null. The caller disposes of it.</summary>
    public RestorePreflight? Preflight { get; init; }

    /// <summary>True to keep the copy and its namespace.</summary>
    public bool Keeps { get; init; }
}

using KubeCheckpoint.Cluster.Preflight.Hosts;
using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Cluster.Initialization;

/// <summary>What nodes are to be given, and how.</summary>
public sealed record NodeInitializerOptions
{
    /// <summary>What nodes are configured for.</summary>
    public IReadOnlyCollection<NodeFeature> Features { get; init; } = Enum.GetValues<NodeFeature>();

    /// <summary>CRIU's options, or null for those that let a busy pod be checkpointed and restored anywhere.</summary>
    public IReadOnlyList<CriuOption>? CriuOptions { get; init; }

    /// <summary>True to restart the runtime where a change needs it.</summary>
    public bool RestartsRuntime { get; init; }

    /// <summary>How long the runtime, and then the node, may take to be ready after a restart.</summary>
    public TimeSpan RestartTimeout { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>The namespace, image and pull policy of the helper pods.</summary>
    public ArchiveTransferOptions Helper { get; init; } = new();
}

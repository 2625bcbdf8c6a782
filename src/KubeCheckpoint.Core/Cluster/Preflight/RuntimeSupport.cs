using KubeCheckpoint.Cluster.Preflight.Checks;

namespace KubeCheckpoint.Cluster.Preflight;

/// <summary>
/// Whether a version of a runtime can checkpoint and restore. This table is the only source: the preflight and the help read it. As of
/// November 2026.
/// </summary>
public sealed record RuntimeSupport
{
    private const string CriO = "cri-o";
    private const string Containerd = "containerd";
    private const string Docker = "docker";

    private const string Cmdlet = "Run Initialize-CheckpointNode -RestartRuntime, or set";

    private const string SwitchOnCriu = $"{Cmdlet} enable_criu_support = true under [crio.runtime] in CRI-O's configuration on the node and restart CRI-O.";

    private const string SwitchOnCriORestore =
        $"{Cmdlet} container_level_enabled = \"checkpoint_restore\" under [crio.checkpoint_restore] in CRI-O's configuration on the node and restart CRI-O.";

    private const string PatchReleases = $"It is off by default in patch releases since September 2026, and on in earlier ones. {SwitchOnCriORestore}";

    private const string SwitchOnContainerdRestore =
        $"{Cmdlet} enable_experimental_restore_via_create = true in the CRI runtime plugin of containerd's configuration on the node and restart containerd.";

    private const string OtherRuntime = "Use a node with CRI-O 1.25 or newer, or containerd 2.0 (to restore: 2.1) or newer.";

    private const string EarlyCriORestore = $"{SwitchOnCriu} Early versions also need drop_infra_ctr = false.";

    private const string PodLevelRestore =
        "Use a node with containerd 2.1 to 2.3 or with CRI-O; the successor is pod-level restore (KEP-5823).";

    /// <summary>
    /// The table, which covers all versions of its runtimes. cri-o#7846 (criu support on by default), cri-o#10322 and its backports
    /// (restore off by default), containerd#13937 and #13913 (restore off by default), containerd#13871 (restore removed).
    /// </summary>
    public static IReadOnlyList<RuntimeSupport> Table { get; } =
    [
        Row(CriO, new(0), new(1, 25), FeatureState.Missing, FeatureState.Missing, OtherRuntime, OtherRuntime),
        Row(CriO, new(1, 25), new(1, 30), FeatureState.OffByDefault, FeatureState.OffByDefault, SwitchOnCriu, EarlyCriORestore),
        Row(CriO, new(1, 30), new(1, 34), FeatureState.On, FeatureState.Unclear, restoreRemedy: PatchReleases),
        Row(CriO, new(1, 34), new(1, 34, 12), FeatureState.On, FeatureState.On),
        Row(CriO, new(1, 34, 12), new(1, 35), FeatureState.On, FeatureState.Unclear, restoreRemedy: PatchReleases),
        Row(CriO, new(1, 35), new(1, 35, 7), FeatureState.On, FeatureState.On),
        Row(CriO, new(1, 35, 7), new(1, 36), FeatureState.On, FeatureState.Unclear, restoreRemedy: PatchReleases),
        Row(CriO, new(1, 36), new(1, 36, 5), FeatureState.On, FeatureState.On),
        Row(CriO, new(1, 36, 5), new(1, 37), FeatureState.On, FeatureState.OffByDefault, restoreRemedy: SwitchOnCriORestore),
        Row(CriO, new(1, 37), new(1, 37, 1), FeatureState.On, FeatureState.Unclear, restoreRemedy: PatchReleases),
        Row(CriO, new(1, 37, 1), null, FeatureState.On, FeatureState.OffByDefault, restoreRemedy: SwitchOnCriORestore),
        Row(Containerd, new(0), new(2, 0), FeatureState.Missing, FeatureState.Missing, OtherRuntime, OtherRuntime),
        Row(Containerd, new(2, 0), new(2, 1), FeatureState.On, FeatureState.Missing, restoreRemedy: OtherRuntime),
        Row(Containerd, new(2, 1), new(2, 2, 7), FeatureState.On, FeatureState.On),
        Row(Containerd, new(2, 2, 7), new(2, 3), FeatureState.On, FeatureState.OffByDefault, restoreRemedy: SwitchOnContainerdRestore),
        Row(Containerd, new(2, 3), new(2, 3, 4), FeatureState.On, FeatureState.On),
        Row(Containerd, new(2, 3, 4), new(2, 4), FeatureState.On, FeatureState.OffByDefault, restoreRemedy: SwitchOnContainerdRestore),
        Row(Containerd, new(2, 4), null, FeatureState.On, FeatureState.Removed, restoreRemedy: PodLevelRestore),
        Row(Docker, new(0), null, FeatureState.Missing, FeatureState.Missing, OtherRuntime, OtherRuntime),
    ];

    /// <summary>The runtime name before <c>://</c> in <c>containerRuntimeVersion</c>.</summary>
    public required string RuntimeName { get; init; }

    /// <summary>The first version of the row.</summary>
    public required ComponentVersion From { get; init; }

    /// <summary>The first version after the row, or null for none.</summary>
    public required ComponentVersion? Until { get; init; }

    /// <summary>Checkpoints through the kubelet, which also need the criu program.</summary>
    public required FeatureState Checkpoint { get; init; }

    /// <summary>Restores from an image.</summary>
    public required FeatureState Restore { get; init; }

    /// <summary>How to enable checkpoints, or what to use instead; null if they are on.</summary>
    public string? CheckpointRemedy { get; init; }

    /// <summary>How to enable restores, or what to use instead; null if they are on.</summary>
    public string? RestoreRemedy { get; init; }

    /// <summary>Finds the row for a version of a runtime; null for a runtime that is not in the table or a version that cannot be parsed.</summary>
    /// <param name="runtimeName">The runtime name.</param>
    /// <param name="version">The version as the runtime reports it.</param>
    public static RuntimeSupport? Find(string? runtimeName, string? version) => ComponentVersion.Parse(version) is { } number
        ? Table.FirstOrDefault(row => row.RuntimeName == runtimeName && row.From <= number && !(row.Until <= number))
        : null;

    private static RuntimeSupport Row(
        string runtimeName,
        ComponentVersion from,
        ComponentVersion? until,
        FeatureState checkpoint,
        FeatureState restore,
        string? checkpointRemedy = null,
        string? restoreRemedy = null) =>
        new()
        {
            RuntimeName = runtimeName,
            From = from,
            Until = until,
            Checkpoint = checkpoint,
            Restore = restore,
            CheckpointRemedy = checkpointRemedy,
            RestoreRemedy = restoreRemedy,
        };
}

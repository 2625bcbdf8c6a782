using KubeCheckpoint.Cluster.Preflight.Checks;

namespace KubeCheckpoint.Cluster.Preflight.Hosts;

/// <summary>
/// The settings of CRI-O and containerd that concern checkpoints, by name. The last setting with a name wins, as in CRI-O's folder of
/// configuration files. <see cref="IsRead"/> is false if no configuration file was found, for example because it is elsewhere.
/// </summary>
internal sealed record RuntimeConfiguration
{
    public const string ContainerLevel = "container_level_enabled";
    public const string CriuSupport = "enable_criu_support";
    public const string DropInfra = "drop_infra_ctr";
    public const string SignaturePolicy = "signature_policy";
    public const string RestoreViaCreate = "enable_experimental_restore_via_create";
    public const string EnableCriu = "enable_criu";

    /// <summary>The settings that are read. Nothing else leaves the node, since these files may contain registry passwords.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [ContainerLevel, CriuSupport, DropInfra, SignaturePolicy, RestoreViaCreate, EnableCriu];

    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    public bool IsRead { get; init; }

    /// <summary>The configured state of checkpoints, or null for the default of the version.</summary>
    public FeatureState? CheckpointState(string? runtime) => runtime switch
    {
        "cri-o" when Setting(ContainerLevel) is { } level => level == "none" ? FeatureState.OffByDefault : FeatureState.On,
        "cri-o" when Setting(CriuSupport) is { } flag => flag == "true" ? FeatureState.On : FeatureState.OffByDefault,
        "containerd" when Setting(EnableCriu) == "false" => FeatureState.OffByDefault,
        _ => null,
    };

    /// <summary>The configured state of restores from an image, or null for the default of the version.</summary>
    public FeatureState? RestoreState(string? runtime) => runtime switch
    {
        "cri-o" when Setting(ContainerLevel) is { } level => level == "checkpoint_restore" ? FeatureState.On : FeatureState.OffByDefault,
        "cri-o" when Setting(CriuSupport) == "false" => FeatureState.OffByDefault,
        "containerd" when Setting(EnableCriu) == "false" => FeatureState.OffByDefault,
        "containerd" when Setting(RestoreViaCreate) is { } flag => flag == "true" ? FeatureState.On : FeatureState.OffByDefault,
        _ => null,
    };

    /// <summary>The setting that decides on checkpoints, or null.</summary>
    public string? CheckpointSetting(string? runtime) => runtime == "cri-o" ? Assignment(ContainerLevel) ?? Assignment(CriuSupport) : Assignment(EnableCriu);

    /// <summary>The setting that decides on restores, or null.</summary>
    public string? RestoreSetting(string? runtime) => runtime == "cri-o" || Setting(EnableCriu) == "false"
        ? CheckpointSetting(runtime)
        : Assignment(RestoreViaCreate);

    public string? Setting(string name) => Settings.GetValueOrDefault(name);

    private string? Assignment(string name) => Setting(name) is { } value ? $"{name} = {value}" : null;
}

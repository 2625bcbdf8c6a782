using KubeCheckpoint.Cluster.Preflight.Checks;

namespace KubeCheckpoint.Cluster.Preflight.Hosts;

/// <summary>
/// The settings of CRI-O and containerd that matter, by name: the last of a name holds, as with CRI-O's folder of configuration files. Names
/// that are set nowhere are not in it; <see cref="IsRead"/> is false where no configuration file was found, as with a runtime that was
/// started with one elsewhere.
/// </summary>
internal sealed record RuntimeConfiguration
{
    public const string ContainerLevel = "container_level_enabled";
    public const string CriuSupport = "enable_criu_support";
    public const string DropInfra = "drop_infra_ctr";
    public const string SignaturePolicy = "signature_policy";
    public const string RestoreViaCreate = "enable_experimental_restore_via_create";
    public const string EnableCriu = "enable_criu";

    /// <summary>What is looked for; nothing else leaves the node, since such files may hold passwords of registries.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [ContainerLevel, CriuSupport, DropInfra, SignaturePolicy, RestoreViaCreate, EnableCriu];

    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    public bool IsRead { get; init; }

    /// <summary>What the configuration makes of checkpoints, or null where it leaves that to the version.</summary>
    public FeatureState? CheckpointState(string? runtime) => runtime switch
    {
        "cri-o" when Setting(ContainerLevel) is { } level => level == "none" ? FeatureState.OffByDefault : FeatureState.On,
        "cri-o" when Setting(CriuSupport) is { } flag => flag == "true" ? FeatureState.On : FeatureState.OffByDefault,
        "containerd" when Setting(EnableCriu) == "false" => FeatureState.OffByDefault,
        _ => null,
    };

    /// <summary>The same for restores from an image.</summary>
    public FeatureState? RestoreState(string? runtime) => runtime switch
    {
        "cri-o" when Setting(ContainerLevel) is { } level => level == "checkpoint_restore" ? FeatureState.On : FeatureState.OffByDefault,
        "cri-o" when Setting(CriuSupport) == "false" => FeatureState.OffByDefault,
        "containerd" when Setting(EnableCriu) == "false" => FeatureState.OffByDefault,
        "containerd" when Setting(RestoreViaCreate) is { } flag => flag == "true" ? FeatureState.On : FeatureState.OffByDefault,
        _ => null,
    };

    /// <summary>The setting that decided on checkpoints, or null.</summary>
    public string? CheckpointSetting(string? runtime) => runtime == "cri-o" ? Assignment(ContainerLevel) ?? Assignment(CriuSupport) : Assignment(EnableCriu);

    /// <summary>The setting that decided on restores, or null.</summary>
    public string? RestoreSetting(string? runtime) => runtime == "cri-o" || Setting(EnableCriu) == "false" ? CheckpointSetting(runtime) : Assignment(RestoreViaCreate);

    public string? Setting(string name) => Settings.GetValueOrDefault(name);

    private string? Assignment(string name) => Setting(name) is { } value ? $"{name} = {value}" : null;
}

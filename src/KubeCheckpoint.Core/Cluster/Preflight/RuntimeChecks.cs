using KubeCheckpoint.Cluster.Nodes;
using KubeCheckpoint.Cluster.Preflight.Checks;
using KubeCheckpoint.Cluster.Preflight.Hosts;

namespace KubeCheckpoint.Cluster.Preflight;

/// <summary>What the runtime's version makes of checkpoints and restores, and its configuration where that was read.</summary>
internal static class RuntimeChecks
{
    private const string OtherRuntime = "Only CRI-O and containerd are known to checkpoint for a kubelet.";
    private const string LookOnTheNode = "Look with Test-CheckpointSupport -Deep.";

    /// <param name="checks">Where the checks go.</param>
    /// <param name="node">The node.</param>
    /// <param name="host">What stands on the node, or null where nobody looked.</param>
    /// <param name="isProven">Whether it was done just now, which settles it.</param>
    public static void AddCheckpoint(CheckList checks, ClusterNode node, NodeHost? host, bool isProven = false)
    {
        const string Name = "RuntimeCheckpoint";
        const SupportScope Scope = SupportScope.Checkpoint;
        if (Settle(checks, Name, Scope, node, isProven) is not { } support)
            return;
        var state = host?.Configuration.CheckpointState(node.RuntimeName) ?? support.Checkpoint;
        Add(checks, Name, Scope, node, "checkpoints", state, support.CheckpointRemedy, Setting(host, host?.Configuration.CheckpointSetting(node.RuntimeName)));
    }

    /// <inheritdoc cref="AddCheckpoint"/>
    public static void AddRestore(CheckList checks, ClusterNode node, NodeHost? host, bool isProven = false)
    {
        const string Name = "RuntimeRestore";
        const SupportScope Scope = SupportScope.Restore;
        if (Settle(checks, Name, Scope, node, isProven) is not { } support)
            return;
        Add(checks, Name, Scope, node, "restores from images", RestoreState(node, support, host), support.RestoreRemedy, Setting(host, host?.Configuration.RestoreSetting(node.RuntimeName)));
    }

    /// <summary>Says what needs no looking at the node; else what the runtime's version supports.</summary>
    private static RuntimeSupport? Settle(CheckList checks, string name, SupportScope scope, ClusterNode node, bool isProven)
    {
        var support = RuntimeSupport.Find(node.RuntimeName, node.RuntimeVersion);
        if (isProven)
            checks.Passed(name, scope, $"{Describe(node)} has just done it");
        else if (support is null)
            checks.Undecided(name, scope, $"{Describe(node)} is not known", OtherRuntime);
        return isProven ? null : support;
    }

    /// <summary>A switch is no use where the version has nothing to switch; early ones have one switch for both.</summary>
    private static FeatureState RestoreState(ClusterNode node, RuntimeSupport support, NodeHost? host)
    {
        if (host is null || support.Restore is FeatureState.Missing or FeatureState.Removed)
            return support.Restore;
        var isOneSwitch = support.Checkpoint == FeatureState.OffByDefault;
        return host.Configuration.RestoreState(node.RuntimeName) ?? (isOneSwitch ? host.Configuration.CheckpointState(node.RuntimeName) : null) ?? support.Restore;
    }

    private static void Add(
        CheckList checks, string name, SupportScope scope, ClusterNode node, string what, FeatureState state, string? remedy, string? setting)
    {
        var runtime = Describe(node);
        // A runtime that was started with a configuration elsewhere may be switched on there: say which was read.
        var configured = setting is null ? "" : $": its configuration in /etc/{(node.RuntimeName == "cri-o" ? "crio" : node.RuntimeName)} has {setting}";
        var switchOn = remedy ?? "See about_KubeCheckpoint_ClusterSetup.";
        switch (state)
        {
            case FeatureState.On:
                checks.Passed(name, scope, $"{runtime} {what}{configured}");
                break;
            case FeatureState.OffByDefault when setting is not null:
                checks.Failed(name, scope, $"{runtime} has it switched off{configured}", switchOn);
                break;
            case FeatureState.OffByDefault:
                checks.Undecided(name, scope, $"{runtime} {what} only where it was switched on", $"{switchOn} {LookOnTheNode}");
                break;
            case FeatureState.Unclear:
                checks.Undecided(name, scope, $"{runtime} {what}, or has it switched off", $"{switchOn} {LookOnTheNode}");
                break;
            case FeatureState.Removed:
                checks.Failed(name, scope, $"{runtime} {what} no more", switchOn);
                break;
            default:
                checks.Failed(name, scope, $"{runtime} does not do that: no {what}", switchOn);
                break;
        }
    }

    /// <summary>What the configuration says; a configuration that was read and leaves the matter to the version says that too.</summary>
    private static string? Setting(NodeHost? host, string? setting) => setting ?? (host?.Configuration.IsRead == true ? "nothing about it" : null);

    private static string Describe(ClusterNode node) => $"{node.RuntimeName ?? "an unnamed runtime"} {node.RuntimeVersion}".TrimEnd();
}

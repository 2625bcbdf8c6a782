using KubeCheckpoint.Cluster.Nodes;
using KubeCheckpoint.Cluster.Preflight.Checks;
using KubeCheckpoint.Cluster.Preflight.Hosts;

namespace KubeCheckpoint.Cluster.Preflight;

/// <summary>Checks whether the version and the configuration of the runtime allow checkpoints and restores.</summary>
internal static class RuntimeChecks
{
    private const string OtherRuntime = "Use a node with CRI-O or containerd: only these are known to checkpoint containers for a kubelet.";
    private const string InspectNode = "Test-CheckpointSupport -Deep finds out.";

    /// <param name="checks">The list to add to.</param>
    /// <param name="node">The node.</param>
    /// <param name="host">What was found on the node, or null if it was not inspected.</param>
    /// <param name="isProven">Whether the runtime has just done it, which decides the check.</param>
    public static void AddCheckpoint(CheckList checks, ClusterNode node, NodeHost? host, bool isProven = false)
    {
        const string Name = "RuntimeCheckpoint";
        const SupportScope Scope = SupportScope.Checkpoint;
        if (FindSupport(checks, Name, Scope, node, isProven) is not { } support)
            return;
        var state = host?.Configuration.CheckpointState(node.RuntimeName) ?? support.Checkpoint;
        var setting = Setting(host, host?.Configuration.CheckpointSetting(node.RuntimeName));
        Add(checks, Name, Scope, node, "checkpoints", state, support.CheckpointRemedy, setting);
    }

    /// <inheritdoc cref="AddCheckpoint"/>
    public static void AddRestore(CheckList checks, ClusterNode node, NodeHost? host, bool isProven = false)
    {
        const string Name = "RuntimeRestore";
        const SupportScope Scope = SupportScope.Restore;
        if (FindSupport(checks, Name, Scope, node, isProven) is not { } support)
            return;
        var setting = Setting(host, host?.Configuration.RestoreSetting(node.RuntimeName));
        Add(checks, Name, Scope, node, "restores from images", RestoreState(node, support, host), support.RestoreRemedy, setting);
    }

    /// <summary>Adds the check if the node need not be inspected for it; otherwise returns what the version supports.</summary>
    private static RuntimeSupport? FindSupport(CheckList checks, string name, SupportScope scope, ClusterNode node, bool isProven)
    {
        var support = RuntimeSupport.Find(node.RuntimeName, node.RuntimeVersion);
        if (isProven)
            checks.Passed(name, scope, $"{Describe(node)} has just done it");
        else if (support is null)
            checks.Undecided(name, scope, $"{Describe(node)} is not a known runtime", OtherRuntime);
        return isProven ? null : support;
    }

    /// <summary>The configuration counts only if the version has the feature; early versions have one setting for both features.</summary>
    private static FeatureState RestoreState(ClusterNode node, RuntimeSupport support, NodeHost? host)
    {
        if (host is null || support.Restore is FeatureState.Missing or FeatureState.Removed)
            return support.Restore;
        var hasOneSetting = support.Checkpoint == FeatureState.OffByDefault;
        return host.Configuration.RestoreState(node.RuntimeName)
            ?? (hasOneSetting ? host.Configuration.CheckpointState(node.RuntimeName) : null)
            ?? support.Restore;
    }

    private static void Add(
        CheckList checks, string name, SupportScope scope, ClusterNode node, string what, FeatureState state, string? remedy, string? setting)
    {
        var runtime = Describe(node);
        // The runtime may have been started with another configuration: say which one was read.
        var configured = setting is null ? "" : $": its configuration in /etc/{(node.RuntimeName == "cri-o" ? "crio" : node.RuntimeName)} has {setting}";
        var enable = remedy ?? "See about_KubeCheckpoint_ClusterSetup.";
        switch (state)
        {
            case FeatureState.On:
                checks.Passed(name, scope, $"{runtime} {what}{configured}");
                break;
            case FeatureState.OffByDefault when setting is not null:
                checks.Failed(name, scope, $"it is disabled in {runtime}{configured}", enable);
                break;
            case FeatureState.OffByDefault:
                checks.Undecided(name, scope, $"{runtime} {what} only if this was enabled", $"{enable} {InspectNode}");
                break;
            case FeatureState.Unclear:
                checks.Undecided(name, scope, $"whether {runtime} {what} by default is not known", $"{enable} {InspectNode}");
                break;
            case FeatureState.Removed:
                checks.Failed(name, scope, $"{runtime} no longer {what}", enable);
                break;
            default:
                checks.Failed(name, scope, $"{runtime} does not support it", enable);
                break;
        }
    }

    /// <summary>The setting that decides, "no setting for it" for a configuration without one, or null if none was read.</summary>
    private static string? Setting(NodeHost? host, string? setting) => setting ?? (host?.Configuration.IsRead == true ? "no setting for it" : null);

    private static string Describe(ClusterNode node) => $"{node.RuntimeName ?? "an unnamed runtime"} {node.RuntimeVersion}".TrimEnd();
}

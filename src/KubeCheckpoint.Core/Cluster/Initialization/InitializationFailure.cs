using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Nodes;

namespace KubeCheckpoint.Cluster.Initialization;

/// <summary>Failures to configure a node.</summary>
public static class InitializationFailure
{
    /// <summary>The option is not one that can be written, or its value is missing or not valid.</summary>
    public static KubeCheckpointException CriuOptionInvalid(string option, IEnumerable<string> known) => new(
        nameof(CriuOptionInvalid), FailureCategory.InvalidArgument, option,
        $"'{option}' is not an option that can be written.",
        $"Use one of: {string.Join(", ", known)}. Other options of CRIU can be written to /etc/criu by hand.");

    /// <summary>The node's runtime is neither CRI-O nor containerd.</summary>
    internal static KubeCheckpointException NodeRuntimeNotSupported(ClusterNode node) => new(
        nameof(NodeRuntimeNotSupported), FailureCategory.NotEnabled, node.Name,
        $"Node '{node.Name}' runs {node.RuntimeName ?? "an unnamed runtime"} {node.RuntimeVersion}, which is neither CRI-O nor containerd.",
        "Use a node with CRI-O or containerd: only these are known to checkpoint containers for a kubelet.");

    /// <summary>The node's configuration could not be read through the helper pod.</summary>
    internal static KubeCheckpointException NodeConfigurationUnreadable(string node, string message, Exception? inner = null) => new(
        nameof(NodeConfigurationUnreadable), FailureCategory.ReadError, node,
        $"The configuration of node '{node}' could not be read: {message.Shorten(300)}",
        "Give an image with a full busybox with -HelperImage. See the node's audit log for SELinux or AppArmor denials.", inner);

    /// <summary>A file that would be changed, or a folder above it, is a symbolic link.</summary>
    internal static KubeCheckpointException NodeFileIsLink(string node, string path) => new(
        nameof(NodeFileIsLink), FailureCategory.InvalidOperation, $"{node}:{path}",
        $"'{path}' on node '{node}' is a symbolic link, which is not followed.",
        "Change the file that it points to by hand, or replace the link by the file.");

    /// <summary>A file that the runtime reads later has another value.</summary>
    internal static KubeCheckpointException NodeSettingOverridden(string node, string path, string setting) => new(
        nameof(NodeSettingOverridden), FailureCategory.InvalidOperation, $"{node}:{path}",
        $"'{path}' on node '{node}' has {setting} and is read after the file that would be written.",
        "Remove the line from that file, then run the cmdlet again.");

    /// <summary>The configuration of containerd imports files, but none that could be added.</summary>
    internal static KubeCheckpointException NodeImportsUnusable(string node, IReadOnlyList<string> imports) => new(
        nameof(NodeImportsUnusable), FailureCategory.InvalidOperation, $"{node}:{ContainerdImports.MainFile}",
        $"{ContainerdImports.MainFile} on node '{node}' has imports = [{string.Join(", ", imports)}], which covers no folder for further files.",
        $"Add \"{ContainerdImports.Folder}/conf.d/*.toml\" to its imports, then run the cmdlet again.");

    /// <summary>The configuration of containerd has the form of version 1.</summary>
    internal static KubeCheckpointException NodeConfigurationOld(string node) => new(
        nameof(NodeConfigurationOld), FailureCategory.InvalidOperation, $"{node}:{ContainerdImports.MainFile}",
        $"{ContainerdImports.MainFile} on node '{node}' has the form of version 1, into which newer settings cannot be merged.",
        "Replace it by the output of 'containerd config migrate', then run the cmdlet again.");

    /// <summary>A file of the node could not be changed; what was changed before it was put back.</summary>
    internal static KubeCheckpointException NodeFileNotWritten(string node, string path, string reason, IReadOnlyList<string> left) => new(
        nameof(NodeFileNotWritten), FailureCategory.WriteError, $"{node}:{path}",
        $"'{path}' on node '{node}' was not changed: {reason.Shorten(300)}" + Kept(left),
        "Check the node's disk and mounts, then run the cmdlet again.");

    /// <summary>The connection broke while files were being changed.</summary>
    internal static KubeCheckpointException NodeWriteUnknown(string node, Exception? inner) => new(
        nameof(NodeWriteUnknown), FailureCategory.ConnectionError, node,
        $"Whether the files of node '{node}' were changed is not known: the connection broke.",
        "Run the cmdlet again: it finds out. Each file is either as it was or complete.", inner);

    /// <summary>The runtime cannot be restarted from a pod.</summary>
    internal static KubeCheckpointException RuntimeRestartNotPossible(string node, string service, string reason, IReadOnlyList<string> left) => new(
        nameof(RuntimeRestartNotPossible), FailureCategory.NotEnabled, node,
        $"The runtime of node '{node}' was not restarted: {reason}." + Kept(left),
        $"Restart it on the node as its distribution does, where it has systemd with 'systemctl restart {service}'.");

    /// <summary>The runtime does not accept the configuration, or did not start with it. The files were put back.</summary>
    internal static KubeCheckpointException RuntimeRestartFailed(string node, string service, string reason, bool isRunning, IReadOnlyList<string> left) => new(
        nameof(RuntimeRestartFailed), FailureCategory.InvalidOperation, node,
        $"{service} on node '{node}' {reason}. {(isRunning ? "It runs" : "It does not run")}." + Kept(left, "The changed files were put back."),
        $"See 'journalctl -u {service}' on the node{(isRunning ? "" : $", and start it with 'systemctl start {service}'")}.");

    /// <summary>The node is not Ready after the restart of its runtime.</summary>
    internal static KubeCheckpointException NodeNotBack(string node, string service, TimeSpan timeout, Exception? inner = null) => new(
        nameof(NodeNotBack), FailureCategory.OperationTimeout, node,
        $"Node '{node}' was not back {timeout.TotalSeconds:0} s after the restart of {service}: it is not Ready, or its pods accept no commands.",
        $"See 'kubectl describe node {node}', and 'journalctl -u {service}' on the node. -TimeoutSec waits longer.", inner);

    /// <summary>The runtime runs, but without the settings that were written.</summary>
    internal static KubeCheckpointException RuntimeSettingsNotInEffect(string node, string service, IEnumerable<string> settings) => new(
        nameof(RuntimeSettingsNotInEffect), FailureCategory.InvalidOperation, node,
        $"{service} on node '{node}' was restarted, but its configuration does not have {string.Join(", ", settings)}.",
        $"See 'systemctl cat {service}' on the node: its command line may have the last word.");

    /// <summary>A node was not touched, since another one failed before it.</summary>
    public static KubeCheckpointException NodeNotTouched(string node, string failed) => new(
        nameof(NodeNotTouched), FailureCategory.OperationStopped, node,
        $"Node '{node}' was not touched, since node '{failed}' failed before it.",
        "Mend that node, then run the cmdlet again.");

    private static string Kept(IReadOnlyList<string> left, string otherwise = "") =>
        left.Count == 0 ? otherwise.Length == 0 ? "" : $" {otherwise}" : $" Not put back: {string.Join("; ", left)}.";
}

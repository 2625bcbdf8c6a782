using KubeCheckpoint.Cluster.Connections;

namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>Failures of the helper pods that read and delete archives on nodes.</summary>
public static class HelperFailure
{
    /// <summary>The helper pod did not come up.</summary>
    public static KubeCheckpointException HelperPodNotStarted(
        string ns, string pod, string node, string words, IReadOnlyList<string> events, Exception? inner = null) => new(
        nameof(HelperPodNotStarted), FailureCategory.ResourceUnavailable, $"{ns}/{pod}",
        $"The helper pod '{ns}/{pod}' did not start on node '{node}': {words}" + events.ToAppendix(),
        "Give an image that the node has or can pull (any with sh, dd and sha256sum) with -HelperImage, and -HelperPullPolicy Never " +
        "where it must not be pulled.", inner);

    /// <summary>Pod security does not let the namespace mount a folder of the node.</summary>
    public static KubeCheckpointException HelperPodRefused(string ns, string words, Exception inner) => new(
        nameof(HelperPodRefused), FailureCategory.PermissionDenied, ns,
        $"Namespace '{ns}' does not allow the helper pod, which mounts a folder of the node: {words.Shorten(600)}",
        $"Leave the helper's namespace to the module, or label this one: kubectl label namespace {ns} " +
        "pod-security.kubernetes.io/enforce=privileged", inner);

    /// <summary>The namespace of the helper pod does not exist and could not be made.</summary>
    public static KubeCheckpointException HelperNamespaceMissing(string ns, Exception? inner = null) => new(
        nameof(HelperNamespaceMissing), FailureCategory.ObjectNotFound, ns,
        $"The helper's namespace '{ns}' does not exist{(inner is null ? "" : " and this user may not make it")}.",
        $"Once per cluster: kubectl create namespace {ns}; kubectl label namespace {ns} pod-security.kubernetes.io/enforce=privileged", inner);

    /// <summary>The helper pod ended or was deleted while it was in use.</summary>
    public static KubeCheckpointException HelperPodGone(string ns, string pod, Exception? inner = null) => new(
        nameof(HelperPodGone), FailureCategory.OperationStopped, $"{ns}/{pod}",
        $"The helper pod '{ns}/{pod}' ended or was deleted while it was needed.",
        "Save the archive again: what has arrived is kept and the rest is fetched.", inner);

    /// <summary>The caller may not run commands in the helper pod.</summary>
    public static KubeCheckpointException ExecForbidden(string ns, string words, Exception inner) => new(
        nameof(ExecForbidden), FailureCategory.PermissionDenied, $"{ns}/pods/exec",
        $"Commands may not be run in the helper pod: {words.Shorten(300)}",
        $"Ask for 'get' and 'create' on pods/exec in namespace '{ns}' (create is checked from Kubernetes 1.35).", inner);

    /// <summary>The helper's image lacks a tool.</summary>
    public static KubeCheckpointException HelperToolMissing(string image, IReadOnlyCollection<string> tools) => new(
        nameof(HelperToolMissing), FailureCategory.NotEnabled, image,
        $"The helper's image '{image}' lacks: {string.Join(", ", tools)}.",
        "Give an image that has them with -HelperImage, such as a full busybox.");

    /// <summary>A command on the node failed.</summary>
    public static KubeCheckpointException HelperCommandFailed(string node, string path, string words) => new(
        nameof(HelperCommandFailed), FailureCategory.ReadError, $"{node}:{path}",
        $"Reading '{path}' on node '{node}' failed: {words.Shorten(300)}",
        "Check the node's disk, and SELinux or AppArmor denials in its audit log.");
}

using KubeCheckpoint.Cluster.Connections;

namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>Failures of the helper pods that read and delete archives on nodes.</summary>
internal static class HelperFailure
{
    /// <summary>The helper pod did not start.</summary>
    public static KubeCheckpointException HelperPodNotStarted(
        string ns, string pod, string node, string message, IReadOnlyList<string> events, Exception? inner = null) => new(
        nameof(HelperPodNotStarted), FailureCategory.ResourceUnavailable, $"{ns}/{pod}",
        $"The helper pod '{ns}/{pod}' did not start on node '{node}': {message}" + events.ToAppendix(),
        "Give an image that is on the node or that it can pull (any with sh, dd and sha256sum) with -HelperImage; add -HelperPullPolicy " +
        "Never if it must not be pulled.", inner);

    /// <summary>Pod security does not allow the helper pod to mount a folder of the node, or to see its processes.</summary>
    public static KubeCheckpointException HelperPodRefused(string ns, string message, Exception inner) => new(
        nameof(HelperPodRefused), FailureCategory.PermissionDenied, ns,
        $"Namespace '{ns}' does not allow the helper pod, which reads from its node: {message.Shorten(600)}",
        $"Use the default helper namespace, or label this one: kubectl label namespace {ns} pod-security.kubernetes.io/enforce=privileged", inner);

    /// <summary>The namespace of the helper pod does not exist and could not be created.</summary>
    public static KubeCheckpointException HelperNamespaceMissing(string ns, Exception? inner = null) => new(
        nameof(HelperNamespaceMissing), FailureCategory.ObjectNotFound, ns,
        $"The helper namespace '{ns}' does not exist{(inner is null ? "" : ", and this user may not create it")}.",
        $"Once per cluster: kubectl create namespace {ns}; kubectl label namespace {ns} pod-security.kubernetes.io/enforce=privileged", inner);

    /// <summary>The helper pod ended or was deleted while it was in use.</summary>
    public static KubeCheckpointException HelperPodGone(string ns, string pod, Exception? inner = null) => new(
        nameof(HelperPodGone), FailureCategory.OperationStopped, $"{ns}/{pod}",
        $"The helper pod '{ns}/{pod}' ended or was deleted while it was in use.",
        "Save the archive again: the transfer resumes where it stopped.", inner);

    /// <summary>The user may not run commands in the helper pod.</summary>
    public static KubeCheckpointException ExecForbidden(string ns, string message, Exception inner) => new(
        nameof(ExecForbidden), FailureCategory.PermissionDenied, $"{ns}/pods/exec",
        $"This user may not run commands in the helper pod: {message.Shorten(300)}",
        $"Ask for 'get' and 'create' on pods/exec in namespace '{ns}' (Kubernetes checks 'create' from 1.35).", inner);

    /// <summary>The helper image lacks a tool.</summary>
    public static KubeCheckpointException HelperToolMissing(string image, IReadOnlyCollection<string> tools) => new(
        nameof(HelperToolMissing), FailureCategory.NotEnabled, image,
        $"The helper image '{image}' lacks: {string.Join(", ", tools)}.",
        "Give an image that has these tools, such as a full busybox, with -HelperImage.");

    /// <summary>A command that reads from the node failed.</summary>
    public static KubeCheckpointException HelperCommandFailed(string node, string path, string message) => new(
        nameof(HelperCommandFailed), FailureCategory.ReadError, $"{node}:{path}",
        $"Reading '{path}' on node '{node}' failed: {message.Shorten(300)}",
        "Check the node's disk, and its audit log for SELinux or AppArmor denials.");
}

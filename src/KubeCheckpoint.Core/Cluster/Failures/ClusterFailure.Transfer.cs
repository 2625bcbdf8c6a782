namespace KubeCheckpoint.Cluster;

public static partial class ClusterFailure
{
    /// <summary>The path of an archive on a node must be absolute and plain.</summary>
    public static KubeCheckpointException NodePathInvalid(string path) => new(
        nameof(NodePathInvalid), FailureCategory.InvalidArgument, path,
        $"'{ServerAnswer.Shorten(path, 200)}' cannot be the path of an archive on a node.",
        "Give an absolute path without '..', as Invoke-ContainerCheckpoint emits it in NodePath.");

    /// <summary>The archive does not lie on the node, or not at that path.</summary>
    public static KubeCheckpointException ArchiveNotOnNode(string node, string path, string words) => new(
        nameof(ArchiveNotOnNode), FailureCategory.ObjectNotFound, $"{node}:{path}",
        $"There is no readable archive '{path}' on node '{node}': {ServerAnswer.Shorten(words, 300)}",
        "Check NodeName and NodePath; the archive may have been removed.");

    /// <summary>The helper pod did not come up.</summary>
    public static KubeCheckpointException HelperPodNotStarted(
        string ns, string pod, string node, string words, IReadOnlyList<string> events, Exception? inner = null) => new(
        nameof(HelperPodNotStarted), FailureCategory.ResourceUnavailable, $"{ns}/{pod}",
        $"The helper pod '{ns}/{pod}' did not start on node '{node}': {words}" + Quote(events),
        "Give an image that the node has or can pull (any with sh, dd and sha256sum) with -HelperImage, and -HelperPullPolicy Never " +
        "where it must not be pulled.", inner);

    /// <summary>Pod security does not let the namespace mount a folder of the node.</summary>
    public static KubeCheckpointException HelperPodRefused(string ns, string words, Exception inner) => new(
        nameof(HelperPodRefused), FailureCategory.PermissionDenied, ns,
        $"Namespace '{ns}' does not allow the helper pod, which mounts a folder of the node: {ServerAnswer.Shorten(words, 600)}",
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
        $"Commands may not be run in the helper pod: {ServerAnswer.Shorten(words, 300)}",
        $"Ask for 'get' and 'create' on pods/exec in namespace '{ns}' (create is checked from Kubernetes 1.35).", inner);

    /// <summary>The helper's image lacks a tool.</summary>
    public static KubeCheckpointException HelperToolMissing(string image, IReadOnlyCollection<string> tools) => new(
        nameof(HelperToolMissing), FailureCategory.NotEnabled, image,
        $"The helper's image '{image}' lacks: {string.Join(", ", tools)}.",
        "Give an image that has them with -HelperImage, such as a full busybox.");

    /// <summary>The archive still grows on its node.</summary>
    public static KubeCheckpointException ArchiveStillWritten(string node, string path) => new(
        nameof(ArchiveStillWritten), FailureCategory.ResourceBusy, $"{node}:{path}",
        $"The archive '{path}' on node '{node}' is still being written.",
        "Wait until the runtime has finished, then save it again.");

    /// <summary>The connection broke again and again without a byte arriving.</summary>
    public static KubeCheckpointException TransferBroken(string node, string path, Exception inner) => new(
        nameof(TransferBroken), FailureCategory.ConnectionError, $"{node}:{path}",
        $"The transfer of '{path}' from node '{node}' broke off again and again: {Innermost(inner)}",
        "Save the archive again: what has arrived is kept as .partial and the rest is fetched.", inner);

    /// <summary>A command on the node failed.</summary>
    public static KubeCheckpointException HelperCommandFailed(string node, string path, string words) => new(
        nameof(HelperCommandFailed), FailureCategory.ReadError, $"{node}:{path}",
        $"Reading '{path}' on node '{node}' failed: {ServerAnswer.Shorten(words, 300)}",
        "Check the node's disk, and SELinux or AppArmor denials in its audit log.");

    /// <summary>What arrived is not what lies on the node.</summary>
    public static KubeCheckpointException ArchiveVerificationFailed(string path, string expected, string actual) => new(
        nameof(ArchiveVerificationFailed), FailureCategory.SecurityError, path,
        $"'{path}' is not what lies on the node: sha256 {actual} instead of {expected}. It was removed.",
        "Save the archive again. If it happens again, something between changes the bytes.");

    /// <summary>A file of that name exists and is another one.</summary>
    public static KubeCheckpointException DestinationExists(string path) => new(
        nameof(DestinationExists), FailureCategory.ResourceExists, path,
        $"'{path}' exists and is not the archive on the node.",
        "Give another -Destination, or -Force to replace the file.");

    /// <summary>Another process writes the same file.</summary>
    public static KubeCheckpointException DestinationBusy(string path, Exception inner) => new(
        nameof(DestinationBusy), FailureCategory.ResourceBusy, path,
        $"'{path}' is being written by somebody else.",
        "Wait for the other transfer of this archive.", inner);

    /// <summary>The local file or folder cannot be written.</summary>
    public static KubeCheckpointException DestinationNotWritable(string path, Exception inner) => new(
        nameof(DestinationNotWritable), FailureCategory.WriteError, path,
        $"'{path}' cannot be written: {inner.Message}",
        "Check the destination and who may write there.", inner);

    /// <summary>The local disk has no room for the archive.</summary>
    public static KubeCheckpointException DiskFull(string path, long needed, Exception? inner = null) => new(
        nameof(DiskFull), FailureCategory.WriteError, path,
        $"There is no room for '{path}' ({needed} bytes). Nothing of it was kept.",
        "Free some space, or give another -Destination.", inner);

    /// <summary>The archive was saved and verified, but could not be deleted on its node.</summary>
    public static KubeCheckpointException RemoveSourceFailed(string node, string path, string savedAs, string words) => new(
        nameof(RemoveSourceFailed), FailureCategory.WriteError, $"{node}:{path}",
        $"'{path}' could not be deleted on node '{node}': {ServerAnswer.Shorten(words, 300)}. It is saved as '{savedAs}'.",
        "Delete it on the node by hand.");

    private static string Quote(IReadOnlyList<string> events) =>
        events.Count == 0 ? "" : $"{Environment.NewLine}Events:{Environment.NewLine}{string.Join(Environment.NewLine, events)}";
}

using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Criu.Logs;

namespace KubeCheckpoint.Cluster.Checkpoints;

/// <summary>Failures to checkpoint a container.</summary>
public static class CheckpointFailure
{
    /// <summary>A pod of which no container runs cannot be checkpointed.</summary>
    public static KubeCheckpointException PodNotRunning(string ns, string pod, string status) => new(
        nameof(PodNotRunning), FailureCategory.InvalidOperation, $"{ns}/{pod}",
        $"Pod '{ns}/{pod}' has no container that runs and could be restored (its status is {status}).",
        "Wait until it runs, or see why it does not with 'kubectl describe pod'.");

    /// <summary>The pod has no container of that name.</summary>
    public static KubeCheckpointException ContainerNotFound(
        string ns, string pod, string container, IEnumerable<string>? known = null, Exception? inner = null) => new(
        nameof(ContainerNotFound), FailureCategory.ObjectNotFound, $"{ns}/{pod}/{container}",
        $"Pod '{ns}/{pod}' has no container '{container}'.{(known is null ? "" : $" It has: {string.Join(", ", known)}.")}",
        "See the Containers of the pod with Get-Pod.", inner);

    /// <summary>The pod is not bound to a node yet.</summary>
    public static KubeCheckpointException PodNotScheduled(string ns, string pod) => new(
        nameof(PodNotScheduled), FailureCategory.InvalidOperation, $"{ns}/{pod}",
        $"Pod '{ns}/{pod}' is not bound to a node yet.",
        "Wait until the pod runs; 'kubectl describe pod' says why it is pending.");

    /// <summary>Runtimes checkpoint running containers only.</summary>
    internal static KubeCheckpointException ContainerNotRunning(CheckpointTarget target, Exception inner) =>
        ContainerNotRunning(target.Namespace, target.PodName, target.ContainerName, state: null, inner);

    /// <summary>Runtimes checkpoint running containers only.</summary>
    public static KubeCheckpointException ContainerNotRunning(
        string ns, string pod, string container, string? state, Exception? inner = null) => new(
        nameof(ContainerNotRunning), FailureCategory.InvalidOperation, $"{ns}/{pod}/{container}",
        $"Container '{container}' of pod '{ns}/{pod}' is not running{(state is null ? "" : $" ({state})")}.",
        "Only a running container can be checkpointed: wait until it runs, or see why it does not with 'kubectl describe pod'.", inner);

    /// <summary>The caller may not use the API server's node proxy (403 of the API server).</summary>
    internal static KubeCheckpointException NodeProxyForbidden(CheckpointTarget target, string words, Exception inner) => new(
        nameof(NodeProxyForbidden), FailureCategory.PermissionDenied, target.ToString(),
        $"The checkpoint of {target} cannot be asked for through the API server: {words}",
        "Ask for 'create' on nodes/proxy (which amounts to exec on every pod of the node), or for 'create' on nodes/checkpoint and go " +
        "straight to the kubelet with -KubeletUri.", inner);

    /// <summary>The kubelet refuses the API server itself (403 of the kubelet, through the node proxy).</summary>
    internal static KubeCheckpointException KubeadmKubeletClientForbidden(CheckpointTarget target, string user, Exception inner) => new(
        nameof(KubeadmKubeletClientForbidden), FailureCategory.PermissionDenied, target.ToString(),
        $"The kubelet of {target.Where} does not let the API server's own identity '{user}' ask for checkpoints. The ClusterRole " +
        "system:kubelet-api-admin, to which kubeadm binds it, lacks nodes/checkpoint.",
        "Once per cluster: kubectl create clusterrole kubelet-checkpoint --verb=create --resource=nodes/checkpoint; " +
        $"kubectl create clusterrolebinding kubelet-checkpoint --clusterrole=kubelet-checkpoint --user={user}", inner);

    /// <summary>The kubelet knows the caller, who lacks nodes/checkpoint (403 of the kubelet, asked directly).</summary>
    internal static KubeCheckpointException KubeletCheckpointForbidden(CheckpointTarget target, string user, Exception inner) => new(
        nameof(KubeletCheckpointForbidden), FailureCategory.PermissionDenied, target.ToString(),
        $"The kubelet of {target.Where} does not let '{user}' ask for checkpoints.",
        "Grant 'create' on nodes/checkpoint to that user: kubectl create clusterrole checkpointer --verb=create " +
        "--resource=nodes/checkpoint; kubectl create clusterrolebinding checkpointer --clusterrole=checkpointer " +
        (user.StartsWith("system:serviceaccount:", StringComparison.Ordinal)
            ? $"--serviceaccount={user["system:serviceaccount:".Length..]}"
            : $"--user={user}"), inner);

    /// <summary>The kubelet has no checkpoint endpoint: the feature gate is off, or it is older than 1.25.</summary>
    internal static KubeCheckpointException CheckpointGateOff(CheckpointTarget target, Exception inner) => new(
        nameof(CheckpointGateOff), FailureCategory.NotEnabled, target.ToString(),
        $"The kubelet of {target.Where} has no checkpoint endpoint.",
        "Switch on the kubelet's feature gate ContainerCheckpoint (off by default before Kubernetes 1.30, absent before 1.25) and leave " +
        "enableDebuggingHandlers on.", inner);

    /// <summary>The runtime does not know the CRI call CheckpointContainer.</summary>
    internal static KubeCheckpointException RuntimeTooOld(CheckpointTarget target, Exception inner) => new(
        nameof(RuntimeTooOld), FailureCategory.NotImplemented, target.ToString(),
        $"The container runtime of {target.Where} cannot checkpoint containers.",
        "CRI-O can from 1.25, containerd from 2.0.", inner);

    /// <summary>The runtime finds no CRIU that it can use.</summary>
    internal static KubeCheckpointException CriuNotAvailable(CheckpointTarget target, Exception inner) => new(
        nameof(CriuNotAvailable), FailureCategory.NotEnabled, target.ToString(),
        $"The container runtime of {target.Where} finds no CRIU, or one that is too old.",
        "Install criu 3.16 or newer on the node, in the runtime's PATH; 'criu check' must pass.", inner);

    /// <summary>The runtime has checkpointing switched off.</summary>
    internal static KubeCheckpointException CheckpointSupportOff(CheckpointTarget target, Exception inner) => new(
        nameof(CheckpointSupportOff), FailureCategory.NotEnabled, target.ToString(),
        $"The container runtime of {target.Where} has checkpointing switched off, or started without CRIU.",
        "CRI-O: enable_criu_support = true (and container_level_enabled other than \"none\"), criu in its PATH, restart. " +
        "containerd: enable CRIU support in the CRI plugin's configuration, restart.", inner);

    /// <summary>The process has an established TCP connection, which CRIU refuses unless told otherwise.</summary>
    internal static KubeCheckpointException EstablishedTcpConnection(CheckpointTarget target, Exception inner) => new(
        nameof(EstablishedTcpConnection), FailureCategory.InvalidOperation, target.ToString(),
        $"{target} has an established TCP connection, and CRIU does not dump those by default.",
        "Close the connection first, or put 'tcp-established' into /etc/criu/runc.conf (or crun.conf) on the node. A restore under another " +
        "pod IP still fails then, unless 'tcp-close' is used.", inner);

    /// <summary>CRIU refused; the reason stands in its log on the node.</summary>
    internal static KubeCheckpointException CriuDumpFailed(CheckpointTarget target, IReadOnlyList<string> errors, Exception inner)
    {
        var known = CriuDiagnoses.FindRoot(errors);
        var advice = known is null ? "Frequent ones: an established TCP connection, a file lock under containerd, a device, io_uring." : known.Remedy;
        return new(
            nameof(CriuDumpFailed), FailureCategory.InvalidOperation, target.ToString(),
            $"CRIU could not dump {target}{(errors.Count == 0 ? "." : $": {string.Join(" / ", errors)}")}{(known is null ? "" : $" {known.Cause}")}",
            $"{advice} The whole reason is in dump.log on {target.Where}, at the path that the inner exception names; " +
            "Get-CheckpointLog -LogPath explains it.", inner);
    }

    /// <summary>Another checkpoint of the container is under way, several tries long.</summary>
    internal static KubeCheckpointException CheckpointBusy(CheckpointTarget target, Exception inner) => new(
        nameof(CheckpointBusy), FailureCategory.ResourceBusy, target.ToString(),
        $"Another checkpoint of {target} seems to be under way, or the container is paused or just ended.",
        "Wait for the other one and try again. A container that stays paused must be thawed on its node (crictl, runc resume).", inner);

    /// <summary>The runtime did not finish in time and may still be writing.</summary>
    internal static KubeCheckpointException CheckpointTimedOut(CheckpointTarget target, Exception inner) => new(
        nameof(CheckpointTimedOut), FailureCategory.OperationTimeout, target.ToString(),
        $"The checkpoint of {target} did not finish in time. The runtime of {target.Where} may still be writing it (CRI-O goes on, " +
        "containerd gives up), and the container may still stand still.",
        "Look into /var/lib/kubelet/checkpoints on the node before trying again, then give more time with -TimeoutSec. CRIU hangs on a " +
        "process that SIGSTOP stopped: wake it first (kubectl exec POD -- kill -CONT PID). Of a container that stays frozen, delete the pod " +
        "under containerd; under CRI-O, thaw it on its node first (runc resume).", inner);

    /// <summary>After an earlier timeout, an archive of the container is still growing on its node.</summary>
    internal static KubeCheckpointException CheckpointInProgress(CheckpointTarget target, string path) => new(
        nameof(CheckpointInProgress), FailureCategory.ResourceBusy, target.ToString(),
        $"The checkpoint of {target} that timed out before is still being written to '{path}' on {target.Where}.",
        "Wait until that archive no longer grows; it is a whole checkpoint then and can be saved.");

    /// <summary>The kubelet cannot be reached from the API server.</summary>
    internal static KubeCheckpointException KubeletUnavailable(CheckpointTarget target, string words, Exception inner) => new(
        nameof(KubeletUnavailable), FailureCategory.ResourceUnavailable, target.ToString(),
        $"The kubelet of {target.Where} cannot be reached through the API server: {words.Shorten(300)}",
        "Check the node with 'kubectl get nodes': the kubelet may be down or restarting.", inner);

    /// <summary>The kubelet or the runtime failed with words that are not known here.</summary>
    internal static KubeCheckpointException CheckpointFailed(CheckpointTarget target, string words, Exception inner) => new(
        nameof(CheckpointFailed), FailureCategory.InvalidOperation, target.ToString(),
        $"The checkpoint of {target} failed: {words.Shorten(600)}",
        $"See the logs of the kubelet and of the runtime on {target.Where}.", inner);

    /// <summary>The kubelet takes whole seconds from 1 on.</summary>
    public static KubeCheckpointException InvalidTimeout(TimeSpan timeout) => new(
        nameof(InvalidTimeout), FailureCategory.InvalidArgument, timeout,
        $"{timeout.TotalSeconds} s cannot be the timeout of a checkpoint.",
        "Give a whole number of seconds, 1 or more.");
}

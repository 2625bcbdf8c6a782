using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Explanations;

namespace KubeCheckpoint.Cluster.Checkpoints;

/// <summary>Failures to checkpoint a container.</summary>
internal static class CheckpointFailure
{
    /// <summary>The pod has no running container.</summary>
    public static KubeCheckpointException PodNotRunning(string ns, string pod, string status) => new(
        nameof(PodNotRunning), FailureCategory.InvalidOperation, $"{ns}/{pod}",
        $"Pod '{ns}/{pod}' has no running container that could be restored (its status is {status}).",
        "Wait until it runs, or see why it does not with 'kubectl describe pod'.");

    /// <summary>The pod has no container with this name.</summary>
    public static KubeCheckpointException ContainerNotFound(
        string ns, string pod, string container, IEnumerable<string>? known = null, Exception? inner = null) => new(
        nameof(ContainerNotFound), FailureCategory.ObjectNotFound, $"{ns}/{pod}/{container}",
        $"Pod '{ns}/{pod}' has no container '{container}'.{(known is null ? "" : $" Its containers: {string.Join(", ", known)}.")}",
        "See the Containers property of the pod that Get-Pod emits.", inner);

    /// <summary>The pod is not bound to a node yet.</summary>
    public static KubeCheckpointException PodNotScheduled(string ns, string pod) => new(
        nameof(PodNotScheduled), FailureCategory.InvalidOperation, $"{ns}/{pod}",
        $"Pod '{ns}/{pod}' is not bound to a node yet.",
        "Wait until the pod runs; 'kubectl describe pod' says why it is pending.");

    /// <summary>The container is not running.</summary>
    public static KubeCheckpointException ContainerNotRunning(CheckpointTarget target, Exception inner) =>
        ContainerNotRunning(target.Namespace, target.PodName, target.ContainerName, state: null, inner);

    /// <summary>The container is not running.</summary>
    public static KubeCheckpointException ContainerNotRunning(
        string ns, string pod, string container, string? state, Exception? inner = null) => new(
        nameof(ContainerNotRunning), FailureCategory.InvalidOperation, $"{ns}/{pod}/{container}",
        $"Container '{container}' of pod '{ns}/{pod}' is not running{(state is null ? "" : $" ({state})")}.",
        "Only a running container can be checkpointed: wait until it runs, or see why it does not with 'kubectl describe pod'.", inner);

    /// <summary>The user may not use the node proxy of the API server (403 of the API server).</summary>
    public static KubeCheckpointException NodeProxyForbidden(CheckpointTarget target, string message, Exception inner) => new(
        nameof(NodeProxyForbidden), FailureCategory.PermissionDenied, target.ToString(),
        $"The checkpoint of {target} cannot be requested through the API server: {message}",
        "Ask for 'create' on nodes/proxy (which amounts to exec on every pod of the node), or for 'create' on nodes/checkpoint and connect " +
        "to the kubelet directly with Invoke-ContainerCheckpoint -KubeletUri.", inner);

    /// <summary>The kubelet refuses the API server's own user (403 of the kubelet, through the node proxy).</summary>
    public static KubeCheckpointException KubeadmKubeletClientForbidden(CheckpointTarget target, string user, Exception inner) => new(
        nameof(KubeadmKubeletClientForbidden), FailureCategory.PermissionDenied, target.ToString(),
        $"The kubelet of {target.Where} does not let the API server's own user '{user}' request checkpoints. kubeadm binds this user to the " +
        "ClusterRole system:kubelet-api-admin, which lacks nodes/checkpoint.",
        "Once per cluster: kubectl create clusterrole kubelet-checkpoint --verb=create --resource=nodes/checkpoint; " +
        $"kubectl create clusterrolebinding kubelet-checkpoint --clusterrole=kubelet-checkpoint --user={user}", inner);

    /// <summary>The user lacks nodes/checkpoint (403 of the kubelet, asked directly).</summary>
    public static KubeCheckpointException KubeletCheckpointForbidden(CheckpointTarget target, string user, Exception inner) => new(
        nameof(KubeletCheckpointForbidden), FailureCategory.PermissionDenied, target.ToString(),
        $"The kubelet of {target.Where} does not let '{user}' request checkpoints.",
        "Grant 'create' on nodes/checkpoint to that user: kubectl create clusterrole checkpointer --verb=create " +
        "--resource=nodes/checkpoint; kubectl create clusterrolebinding checkpointer --clusterrole=checkpointer " +
        WellKnownNames.KubectlSubject(user), inner);

    /// <summary>The kubelet has no checkpoint endpoint: its feature gate is off, or it is older than 1.25.</summary>
    public static KubeCheckpointException CheckpointGateOff(CheckpointTarget target, Exception inner) => new(
        nameof(CheckpointGateOff), FailureCategory.NotEnabled, target.ToString(),
        $"The kubelet of {target.Where} has no checkpoint endpoint.",
        "Enable the kubelet's feature gate ContainerCheckpoint (off by default before Kubernetes 1.30, absent before 1.25) and leave " +
        "enableDebuggingHandlers on.", inner);

    /// <summary>The runtime does not implement the CRI call CheckpointContainer.</summary>
    public static KubeCheckpointException RuntimeTooOld(CheckpointTarget target, Exception inner) => new(
        nameof(RuntimeTooOld), FailureCategory.NotImplemented, target.ToString(),
        $"The container runtime of {target.Where} cannot checkpoint containers.",
        "CRI-O can from 1.25, containerd from 2.0.", inner);

    /// <summary>The runtime handler of the pod (RuntimeClass), such as Kata Containers or gVisor, does not implement checkpoints.</summary>
    public static KubeCheckpointException RuntimeClassUnsupported(CheckpointTarget target, Exception inner) => new(
        nameof(RuntimeClassUnsupported), FailureCategory.NotImplemented, target.ToString(),
        $"{target} runs under a runtime handler of {target.Where} that cannot checkpoint containers, such as Kata Containers, gVisor, or a crun " +
        "without CRIU.",
        "Run the pod under runc, or a crun that is built with CRIU: remove runtimeClassName from its spec, or set it to a RuntimeClass with one of " +
        "these.", inner);

    /// <summary>The disk of the node is full, or its quota is used up.</summary>
    public static KubeCheckpointException NodeDiskFull(CheckpointTarget target, Exception inner) => new(
        nameof(NodeDiskFull), FailureCategory.WriteError, target.ToString(),
        $"{target.Where} has no space left for the checkpoint of {target}: {inner.Message.Shorten(300)}",
        "Free space on the node: a checkpoint needs as much as the memory of the container, temporarily twice as much. Earlier archives are in " +
        "/var/lib/kubelet/checkpoints.", inner);

    /// <summary>The runtime finds no usable CRIU.</summary>
    public static KubeCheckpointException CriuNotAvailable(CheckpointTarget target, Exception inner) => new(
        nameof(CriuNotAvailable), FailureCategory.NotEnabled, target.ToString(),
        $"The container runtime of {target.Where} finds no CRIU, or one that is too old.",
        "Install criu 3.16 or newer on the node, in the runtime's PATH; 'criu check' must pass.", inner);

    /// <summary>Checkpointing is disabled in the runtime.</summary>
    public static KubeCheckpointException CheckpointSupportOff(CheckpointTarget target, Exception inner) => new(
        nameof(CheckpointSupportOff), FailureCategory.NotEnabled, target.ToString(),
        $"Checkpointing is disabled in the container runtime of {target.Where}, or the runtime started without CRIU.",
        "Run Initialize-CheckpointNode -RestartRuntime. By hand, in CRI-O: set enable_criu_support = true (and container_level_enabled to anything " +
        "but \"none\"), put criu in its PATH, restart it. " +
        "containerd: enable CRIU support in the configuration of the CRI plugin, restart it.", inner);

    /// <summary>The process has an established TCP connection, which CRIU does not dump by default.</summary>
    /// <param name="target">The container.</param>
    /// <param name="failure">What CRIU's log says.</param>
    /// <param name="inner">The response.</param>
    public static KubeCheckpointException EstablishedTcpConnection(CheckpointTarget target, FailedCriuRun failure, Exception inner) => new(
        nameof(EstablishedTcpConnection), FailureCategory.InvalidOperation, failure,
        CriuExplanation.OnLines($"{target} has an established TCP connection, which CRIU does not dump by default.", CriuExplanation.Describe(failure)),
        CriuExplanation.OnLines(
            $"Run Initialize-CheckpointNode {(target.NodeName is null ? "" : $"-NodeName {target.NodeName} ")}-CriuOption tcp-established, tcp-close " +
            "(they go into /etc/criu/runc.conf or crun.conf): the process finds the connection closed after a restore. Or close it before the checkpoint.",
            CriuExplanation.LogHint(failure)), inner);

    /// <summary>CRIU could not dump the container; its log on the node says why.</summary>
    /// <param name="target">The container.</param>
    /// <param name="failure">What CRIU's log says.</param>
    /// <param name="inner">The response.</param>
    public static KubeCheckpointException CriuDumpFailed(CheckpointTarget target, FailedCriuRun failure, Exception inner) => new(
        nameof(CriuDumpFailed), FailureCategory.InvalidOperation, failure,
        CriuExplanation.OnLines($"CRIU could not dump {target}{(failure.Cause is null ? "." : $": {failure.Cause}")}", CriuExplanation.Describe(failure)),
        CriuExplanation.OnLines(
            failure.Remedy
                ?? "Frequent causes: an established TCP connection, a file lock under containerd, a device, io_uring; "
                + $"Get-Pod {target.PodName} -Namespace {target.Namespace} | Test-CheckpointSupport looks for them.",
            CriuExplanation.LogHint(failure)), inner);

    /// <summary>Another checkpoint of the container is in progress.</summary>
    public static KubeCheckpointException CheckpointBusy(CheckpointTarget target, Exception inner) => new(
        nameof(CheckpointBusy), FailureCategory.ResourceBusy, target.ToString(),
        $"Another checkpoint of {target} seems to be in progress, or the container is paused or just ended.",
        "Wait for the other one and try again. A container that stays paused must be resumed on its node (crictl, runc resume).", inner);

    /// <summary>The runtime did not finish in time and may still be writing the archive.</summary>
    public static KubeCheckpointException CheckpointTimedOut(CheckpointTarget target, Exception inner) => new(
        nameof(CheckpointTimedOut), FailureCategory.OperationTimeout, target.ToString(),
        $"The checkpoint of {target} did not finish in time. The runtime of {target.Where} may still be writing an archive to " +
        $"'{target.ArchivePattern}' (CRI-O continues, containerd gives up), and the container may still be frozen.",
        "Look on the node before you try again with a longer -TimeoutSec. CRIU hangs on a process that " +
        "SIGSTOP stopped: continue it first (kubectl exec POD -- kill -CONT PID). If the container stays frozen, delete the pod under " +
        "containerd; under CRI-O, resume the container on its node first (runc resume).", inner);

    /// <summary>The connection broke or a proxy gave up after the checkpoint was requested, so an archive may be on the node.</summary>
    public static KubeCheckpointException CheckpointResponseLost(CheckpointTarget target, string message, Exception inner) => new(
        nameof(CheckpointResponseLost), FailureCategory.ConnectionError, target.ToString(),
        $"The checkpoint of {target} was requested, but the response was lost. An archive may be on {target.Where} in " +
        $"'{target.ArchivePattern}', or may still be being written: {message.Shorten(300)}",
        "Look on the node before you try again: a second request freezes the container again and makes a second archive. " +
        "Invoke-ContainerCheckpoint looks there itself if it uses the API server and is allowed to create helper pods.", inner);

    /// <summary>The archive of a checkpoint that timed out is still being written on its node.</summary>
    public static KubeCheckpointException CheckpointInProgress(CheckpointTarget target, string path) => new(
        nameof(CheckpointInProgress), FailureCategory.ResourceBusy, target.ToString(),
        $"An earlier checkpoint of {target}, which timed out, is still being written to '{path}' on {target.Where}.",
        "Wait until that archive stops growing; it is then a complete checkpoint and can be saved.");

    /// <summary>The API server cannot reach the kubelet, or the kubelet itself takes no requests now.</summary>
    public static KubeCheckpointException KubeletUnavailable(CheckpointTarget target, string message, Exception inner) => new(
        nameof(KubeletUnavailable), FailureCategory.ResourceUnavailable, target.ToString(),
        target.Role == ServerRole.ApiServer
            ? $"The kubelet of {target.Where} cannot be reached through the API server: {message.Shorten(300)}"
            : $"The kubelet {target.Server} does not accept the request now: {message.Shorten(300)}",
        "Check the node with 'kubectl get nodes': the kubelet may be down or restarting.", inner);

    /// <summary>The kubelet or the runtime failed with a message that this module does not recognize.</summary>
    public static KubeCheckpointException CheckpointFailed(CheckpointTarget target, string message, Exception inner) => new(
        nameof(CheckpointFailed), FailureCategory.InvalidOperation, target.ToString(),
        $"The checkpoint of {target} failed: {message.Shorten(600)}",
        $"See the logs of the kubelet and the runtime on {target.Where}.", inner);

    /// <summary>The timeout is not a whole number of seconds from 1 on.</summary>
    public static KubeCheckpointException InvalidTimeout(TimeSpan timeout) => new(
        nameof(InvalidTimeout), FailureCategory.InvalidArgument, timeout,
        $"{timeout.TotalSeconds} s is not a valid timeout for a checkpoint.",
        "Give a whole number of seconds, 1 or more.");
}

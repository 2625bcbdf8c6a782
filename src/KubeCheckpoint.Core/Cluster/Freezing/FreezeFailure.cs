using KubeCheckpoint.Cluster.Connections;

namespace KubeCheckpoint.Cluster.Freezing;

/// <summary>Failures to hold a pod still from its checkpoint until its copy runs.</summary>
internal static class FreezeFailure
{
    private const string WithoutFreeze = "Use Move-Pod -NoFreeze to move the pod without holding it: what it does after its checkpoint is lost.";

    /// <summary>Pod security does not allow the helper pod that holds a pod.</summary>
    public static KubeCheckpointException FreezeRefused(string ns, string message, Exception inner) => new(
        nameof(FreezeRefused), FailureCategory.PermissionDenied, ns,
        $"Namespace '{ns}' does not allow the helper pod that holds the pod still, which writes to the cgroups of its node: {message.Shorten(600)}",
        $"Label the namespace: kubectl label namespace {ns} pod-security.kubernetes.io/enforce=privileged. {WithoutFreeze}", inner);

    /// <summary>The freezer of the pod's cgroup cannot be written.</summary>
    public static KubeCheckpointException FreezeNotWritable(string pod, string node, string path) => new(
        nameof(FreezeNotWritable), FailureCategory.PermissionDenied, pod,
        $"'{pod}' cannot be held still: '{path.Shorten(300)}' on node '{node}' is read-only or cannot be written by root.",
        $"Check the node's audit log for SELinux or AppArmor denials. {WithoutFreeze}");

    /// <summary>The node has no cgroup of a container.</summary>
    public static KubeCheckpointException FreezeCgroupNotFound(string pod, string node, string container) => new(
        nameof(FreezeCgroupNotFound), FailureCategory.ObjectNotFound, pod,
        $"'{pod}' cannot be held still: node '{node}' has no cgroup of its container '{container}' that can be frozen.",
        $"Get the pod again: the container may have been restarted. Kata Containers and gVisor have no such cgroup. {WithoutFreeze}");

    /// <summary>The pod is already held.</summary>
    public static KubeCheckpointException FreezeInUse(string pod, string node) => new(
        nameof(FreezeInUse), FailureCategory.ResourceBusy, pod,
        $"'{pod}' on node '{node}' is already frozen, or a container of it is paused.",
        "Wait until the other move or checkpoint has ended. A move that has died releases the pod within a minute.");

    /// <summary>The helper pod could not hold or release the pod.</summary>
    public static KubeCheckpointException FreezeFailed(string pod, string node, string message, Exception? inner = null) => new(
        nameof(FreezeFailed), FailureCategory.OperationStopped, pod,
        $"'{pod}' could not be held still on node '{node}': {message.Shorten(300)}",
        $"The pod continues by itself: its helper pod releases it. Try again. {WithoutFreeze}", inner);

    /// <summary>The pod is no longer held.</summary>
    public static KubeCheckpointException FreezeLost(string pod, string node, string reason) => new(
        nameof(FreezeLost), FailureCategory.OperationStopped, pod,
        $"'{pod}' on node '{node}' is no longer held still: {reason}.",
        $"The pod continues. Move it again, with a longer -MaxFreezeSec if its probes allow it. {WithoutFreeze}");
}

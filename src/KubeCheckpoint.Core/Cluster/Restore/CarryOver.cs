using KubeCheckpoint.Cluster.Ownership;

namespace KubeCheckpoint.Cluster.Restore;

/// <summary>The labels and annotations of a pod that the restored pod must not have.</summary>
internal static class CarryOver
{
    /// <summary>
    /// Labels by which controllers select their pods. A ReplicaSet adopts any pod that its selector matches and then deletes a surplus one;
    /// without pod-template-hash it does not match.
    /// </summary>
    private static readonly string[] OwnersLabels =
    [
        "pod-template-hash", "controller-revision-hash", "pod-template-generation", "statefulset.kubernetes.io/pod-name",
        "apps.kubernetes.io/pod-index", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name",
        "batch.kubernetes.io/job-completion-index", "controller-uid", "job-name",
    ];

    /// <summary>What networks, the kubelet and kubectl record about one particular pod.</summary>
    private static readonly string[] StatusAnnotations =
    [
        "kubectl.kubernetes.io/last-applied-configuration", "cni.projectcalico.org/", "k8s.v1.cni.cncf.io/network-status",
        "k8s.v1.cni.cncf.io/networks-status", "k8s.ovn.org/", "ovn.kubernetes.io/", "openshift.io/scc", "kubernetes.io/config.",
    ];

    public static bool IsOwnersLabel(string key) => OwnersLabels.Contains(key);

    public static bool IsStatusAnnotation(string key) => OwnerMarks.IsOne(key)
        || StatusAnnotations.Any(annotation => annotation[^1] is '/' or '.' ? key.StartsWith(annotation, StringComparison.Ordinal) : key == annotation);
}

namespace KubeCheckpoint.Cluster;

/// <summary>
/// The rights that each task needs, and no more: this is the only place where that stands. They are proven by the tests, which do each task
/// with nothing else.
/// </summary>
internal static class AccessRules
{
    /// <summary>Rights to objects that are in no namespace, and to nodes.</summary>
    public static IReadOnlyList<AccessRule> OfCluster(CheckpointTask task, bool directToKubelet) => task switch
    {
        CheckpointTask.Checkpoint => [new(["create"], [directToKubelet ? "nodes/checkpoint" : "nodes/proxy"])],
        CheckpointTask.Save or CheckpointTask.Restore => [new(["get"], ["nodes"])],
        CheckpointTask.Inspect => [new(["get", "list"], ["nodes", "namespaces"])],
        CheckpointTask.Support =>
        [
            new(["get", "list"], ["nodes"]),

            // The kubelet's configuration and statistics.
            new(["get"], ["nodes/proxy"]),
            new(["get"], ["persistentvolumes"]),
            new(["create"], ["subjectaccessreviews"], "authorization.k8s.io"),
        ],
        _ => [],
    };

    /// <summary>Rights in the namespaces of the pods. No task reads Secrets: the kubelet mounts them.</summary>
    public static IReadOnlyList<AccessRule> OfNamespace(CheckpointTask task) => task switch
    {
        CheckpointTask.Checkpoint => [new(["get", "list"], ["pods"])],
        CheckpointTask.Restore => [new(["create", "get", "watch"], ["pods"]), new(["list"], ["events"])],
        CheckpointTask.Inspect => [new(["get", "list", "watch"], ["pods"]), new(["get", "list"], ["events"])],
        CheckpointTask.Support => [new(["get"], ["serviceaccounts", "configmaps", "persistentvolumeclaims"])],
        _ => [],
    };

    /// <summary>Rights in the namespace of the helper pods.</summary>
    public static IReadOnlyList<AccessRule> OfHelpers(CheckpointTask task) => task switch
    {
        CheckpointTask.Save => [new(["create", "get", "watch", "delete"], ["pods"]), new(["create", "get"], ["pods/exec"]), new(["list"], ["events"])],
        CheckpointTask.Support =>
        [
            new(["create", "get", "watch", "delete"], ["pods"]),
            new(["create", "get"], ["pods/exec"]),
            new(["get"], ["pods/log"]),
            new(["list"], ["events"]),
        ],
        _ => [],
    };

    public static IReadOnlyList<AccessRule> OfApiServer { get; } = [new(["create"], ["nodes/checkpoint"])];
}

namespace KubeCheckpoint.Cluster.Access;

/// <summary>
/// The rights that each task needs, and no more: this is the only place where that stands. They are proven by the tests, which do each task
/// with nothing else.
/// </summary>
internal static class AccessRules
{
    /// <summary>The tasks that a task is made of.</summary>
    public static IEnumerable<CheckpointTask> With(CheckpointTask task) => task switch
    {
        CheckpointTask.Move => [CheckpointTask.Checkpoint, CheckpointTask.Save, CheckpointTask.Restore, task],
        CheckpointTask.Rehearse => [CheckpointTask.Checkpoint, CheckpointTask.Save, task],
        _ => [task],
    };

    /// <summary>Rights to objects that are in no namespace, to nodes, and in namespaces whose names are not known yet.</summary>
    public static IReadOnlyList<AccessRule> OfCluster(CheckpointTask task, bool directToKubelet) => task switch
    {
        CheckpointTask.Checkpoint => [new(["create"], [directToKubelet ? "nodes/checkpoint" : "nodes/proxy"])],
        CheckpointTask.Save => [new(["get"], ["nodes"])],

        // Without -NodeName the nodes whose runtime fits are looked for.
        CheckpointTask.Restore => [new(["get", "list"], ["nodes"])],
        CheckpointTask.Inspect => [new(["get", "list"], ["nodes", "namespaces"])],
        CheckpointTask.Support =>
        [
            new(["get", "list"], ["nodes"]),

            // The kubelet's configuration and statistics.
            new(["get"], ["nodes/proxy"]),
            new(["get"], ["persistentvolumes"]),
            new(["create"], ["subjectaccessreviews"], "authorization.k8s.io"),
        ],
        CheckpointTask.Move => [new(["get"], ["persistentvolumes"])],

        // A drill has a namespace of its own, whose name is new each time.
        CheckpointTask.Rehearse =>
        [
            new(["get", "list"], ["nodes"]),
            new(["create", "get", "delete"], ["namespaces"]),
            new(["create", "get", "watch", "delete"], ["pods"]),
            new(["create"], ["configmaps", "secrets", "serviceaccounts"]),
            new(["create"], ["networkpolicies"], "networking.k8s.io"),
            new(["get"], ["pods/proxy"]),
            new(["create", "get"], ["pods/portforward", "pods/exec"]),
            new(["list"], ["events"]),
        ],
        _ => [],
    };

    /// <summary>Rights in the namespaces of the pods. Only the rehearsal reads Secrets, to copy them: otherwise the kubelet mounts them.</summary>
    public static IReadOnlyList<AccessRule> OfNamespace(CheckpointTask task) => task switch
    {
        CheckpointTask.Checkpoint => [new(["get", "list"], ["pods"])],

        // The pod that pulls the base images is deleted again.
        CheckpointTask.Restore => [new(["create", "get", "watch", "delete"], ["pods"]), new(["list"], ["events"])],
        CheckpointTask.Inspect => [new(["get", "list", "watch"], ["pods"]), new(["get", "list"], ["events"])],
        CheckpointTask.Support => [new(["get"], ["serviceaccounts", "configmaps", "persistentvolumeclaims"])],
        CheckpointTask.Move =>
        [
            new(["patch"], ["pods"]),
            new(["get"], ["persistentvolumeclaims", "replicationcontrollers"]),
            new(["get"], ["replicasets", "deployments", "statefulsets", "daemonsets"], "apps"),
            new(["get"], ["jobs", "cronjobs"], "batch"),
        ],
        CheckpointTask.Rehearse => [new(["get"], ["configmaps", "secrets"])],
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

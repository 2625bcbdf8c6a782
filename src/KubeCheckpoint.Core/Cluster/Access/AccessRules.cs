namespace KubeCheckpoint.Cluster.Access;

/// <summary>
/// The minimal permissions of each task. This table is their only source; the tests prove it by running each task with nothing else.
/// </summary>
internal static class AccessRules
{
    /// <summary>The tasks that a task includes.</summary>
    public static IEnumerable<CheckpointTask> With(CheckpointTask task) => task switch
    {
        CheckpointTask.Move => [CheckpointTask.Checkpoint, CheckpointTask.Save, CheckpointTask.Restore, task],
        CheckpointTask.Rehearse => [CheckpointTask.Checkpoint, CheckpointTask.Save, task],
        _ => [task],
    };

    /// <summary>Permissions on cluster-scoped objects, and in namespaces whose names are not known in advance.</summary>
    public static IReadOnlyList<AccessRule> OfCluster(CheckpointTask task, bool directToKubelet) => task switch
    {
        CheckpointTask.Checkpoint => [new(["create"], [directToKubelet ? "nodes/checkpoint" : "nodes/proxy"])],
        CheckpointTask.Save => [new(["get"], ["nodes"])],

        // Without -NodeName, Restore-Pod looks for nodes with a suitable runtime.
        CheckpointTask.Restore => [new(["get", "list"], ["nodes"])],
        CheckpointTask.Inspect => [new(["get", "list"], ["nodes", "namespaces"])],
        CheckpointTask.Support =>
        [
            new(["get", "list"], ["nodes"]),

            // To read the kubelet's configuration and statistics.
            new(["get"], ["nodes/proxy"]),
            new(["get"], ["persistentvolumes"]),
            new(["create"], ["subjectaccessreviews"], "authorization.k8s.io"),
        ],

        // To find the nodes, and to see that they are Ready again.
        CheckpointTask.Initialize => [new(["get", "list"], ["nodes"])],
        CheckpointTask.Move => [new(["get"], ["persistentvolumes"])],

        // Each drill creates a namespace with a new name. List: to find those that a dead process has left.
        CheckpointTask.Rehearse =>
        [
            new(["get", "list"], ["nodes"]),
            new(["create", "get", "list", "delete"], ["namespaces"]),
            new(["create", "get", "watch", "delete"], ["pods"]),
            new(["create"], ["configmaps", "secrets", "serviceaccounts"]),
            new(["create"], ["networkpolicies"], "networking.k8s.io"),
            new(["get"], ["pods/proxy"]),
            new(["create", "get"], ["pods/portforward", "pods/exec"]),
            new(["list"], ["events"]),
        ],
        _ => [],
    };

    /// <summary>Permissions in the namespaces of the pods. Only a rehearsal reads Secrets, to copy them.</summary>
    public static IReadOnlyList<AccessRule> OfNamespace(CheckpointTask task) => task switch
    {
        CheckpointTask.Checkpoint => [new(["get", "list"], ["pods"])],

        // Delete: for the pod that pulls the base images. List: to find one that a dead process has left.
        // Exec: to put the content of volumes back.
        CheckpointTask.Restore =>
        [
            new(["create", "get", "list", "watch", "delete"], ["pods"]),
            new(["create", "get"], ["pods/exec"]),
            new(["list"], ["events"]),
        ],
        CheckpointTask.Inspect => [new(["get", "list", "watch"], ["pods"]), new(["get", "list"], ["events"])],
        CheckpointTask.Support => [new(["get"], ["serviceaccounts", "configmaps", "persistentvolumeclaims"])],
        CheckpointTask.Move =>
        [
            new(["patch"], ["pods"]),

            // To keep a frozen pod out of the endpoints of its Services, and the new pod until it has replaced it.
            new(["patch"], ["pods/status"]),
            new(["list"], ["services"]),

            // Namespaces: for the pod security standard, which may forbid the init container that puts volumes back.
            new(["get"], ["persistentvolumeclaims", "replicationcontrollers", "namespaces"]),
            new(["get"], ["replicasets", "deployments", "statefulsets", "daemonsets"], "apps"),
            new(["get"], ["jobs", "cronjobs"], "batch"),

            // For the Job that owns the copy until it has replaced the original.
            new(["create", "delete"], ["jobs"], "batch"),
        ],
        CheckpointTask.Rehearse => [new(["get"], ["configmaps", "secrets"])],
        _ => [],
    };

    /// <summary>Permissions in the namespace of the helper pods. List: to find those that a dead process has left.</summary>
    public static IReadOnlyList<AccessRule> OfHelpers(CheckpointTask task) => task switch
    {
        CheckpointTask.Save or CheckpointTask.Initialize =>
            [new(["create", "get", "list", "watch", "delete"], ["pods"]), new(["create", "get"], ["pods/exec"]), new(["list"], ["events"])],
        CheckpointTask.Support =>
        [
            new(["create", "get", "list", "watch", "delete"], ["pods"]),
            new(["create", "get"], ["pods/exec"]),
            new(["get"], ["pods/log"]),
            new(["list"], ["events"]),
        ],
        _ => [],
    };

    public static IReadOnlyList<AccessRule> OfApiServer { get; } = [new(["create"], ["nodes/checkpoint"])];
}

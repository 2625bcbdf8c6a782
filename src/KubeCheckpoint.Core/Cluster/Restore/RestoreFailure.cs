using KubeCheckpoint.Cluster.Connections;

namespace KubeCheckpoint.Cluster.Restore;

/// <summary>Failures to restore a pod.</summary>
internal static class RestoreFailure
{
    /// <summary>No restore image was given.</summary>
    public static KubeCheckpointException NoRestoreImage() => new(
        nameof(NoRestoreImage), FailureCategory.InvalidArgument, null,
        "There is no restore image to make a pod from.",
        "Pass what New-RestoreImage emits.");

    /// <summary>Two images for one container of a pod.</summary>
    public static KubeCheckpointException AmbiguousRestoreImage(string pod, string container, IReadOnlyCollection<string> references) => new(
        nameof(AmbiguousRestoreImage), FailureCategory.InvalidArgument, $"{pod}/{container}",
        $"There is more than one restore image for container '{container}' of pod '{pod}': {string.Join(", ", references)}.",
        "Pass one image for each container, or restore them one after the other under names of their own.");

    /// <summary>An image of a container that the pod's manifest does not have.</summary>
    public static KubeCheckpointException RestoreContainerNotFound(string pod, string container, IEnumerable<string> known) => new(
        nameof(RestoreContainerNotFound), FailureCategory.ObjectNotFound, $"{pod}/{container}",
        $"The manifest of pod '{pod}' has no container '{container}' to restore. It has: {string.Join(", ", known)}.",
        "Give Restore-Pod the manifest of the pod that was checkpointed with -Manifest.");

    /// <summary>An image that lies in a folder or file cannot be pulled by a node.</summary>
    public static KubeCheckpointException RestoreImageNotPushed(string reference, string destination) => new(
        nameof(RestoreImageNotPushed), FailureCategory.InvalidOperation, reference,
        $"The restore image '{reference}' lies in '{destination}', where no node can pull it from.",
        "Push it to a registry with Publish-RestoreImage, or make it there with New-RestoreImage -Repository.");

    /// <summary>Archives were given and no repository that their images could be pushed to.</summary>
    public static KubeCheckpointException RepositoryMissing(string archive) => new(
        nameof(RepositoryMissing), FailureCategory.InvalidArgument, archive,
        $"A node cannot restore from the file '{archive}': an image of it must be pushed first, and no repository is given.",
        "Give a registry and repository that the nodes can pull from with -Repository.");

    /// <summary>There is no manifest of the pod: none was stored, and the pod no longer exists.</summary>
    public static KubeCheckpointException PodManifestMissing(string image, Exception? inner = null) => new(
        nameof(PodManifestMissing), FailureCategory.ObjectNotFound, image,
        $"It is not known how the pod of '{image}' looked: no manifest is stored with the image, and the pod is not there any more.",
        "Give Restore-Pod its manifest with -Manifest.", inner);

    /// <summary>The API server does not accept the manifest.</summary>
    public static KubeCheckpointException PodManifestRefused(string ns, string pod, string words, Exception inner) => new(
        nameof(PodManifestRefused), FailureCategory.InvalidData, $"{ns}/{pod}",
        $"The API server does not accept pod '{ns}/{pod}': {words.Shorten(600)}",
        "See the manifest with Restore-Pod -AsManifest, change it and pass it with -Manifest.", inner);

    /// <summary>A pod cannot keep an owner that is in another namespace.</summary>
    public static KubeCheckpointException OwnerInOtherNamespace(string ownerNamespace, string ns) => new(
        nameof(OwnerInOtherNamespace), FailureCategory.InvalidArgument, ns,
        $"The pod's owner is in namespace '{ownerNamespace}': in '{ns}' the garbage collector would delete the restored pod at once.",
        "Restore in the owner's namespace, or without the owner.");

    /// <summary>There is a pod of that name.</summary>
    public static KubeCheckpointException PodExists(string ns, string pod, Exception? inner = null) => new(
        nameof(PodExists), FailureCategory.ResourceExists, $"{ns}/{pod}",
        $"There is a pod '{pod}' in namespace '{ns}' already.",
        "Give another name with -Name, or delete that pod first.", inner);

    /// <summary>The new pod would lack a mount that the checkpointed container had.</summary>
    public static KubeCheckpointException RestoreMountMissing(string pod, string container, IReadOnlyCollection<NeededMount> mounts) => new(
        nameof(RestoreMountMissing), FailureCategory.InvalidData, $"{pod}/{container}",
        $"Container '{container}' of pod '{pod}' had mounts that the manifest lacks: " +
        $"{string.Join(", ", mounts.Select(mount => $"{mount.MountPath} ({Describe(mount)})"))}. Without them it cannot be restored.",
        "Give Restore-Pod the manifest of the pod that was checkpointed with -Manifest, or add volume and mount with -Patch.");

    /// <summary>The checkpoint or image names more mounts than a pod can have.</summary>
    public static KubeCheckpointException RestoreMountsTooMany(string container, int count, int most) => new(
        nameof(RestoreMountsTooMany), FailureCategory.InvalidData, container,
        $"The checkpoint of container '{container}' names {count} mounts; the limit is {most}.",
        "Look where archive or image come from: no container has so many mounts. 'Get-CheckpointMount' shows those of an archive.");

    /// <summary>The restored pod failed to start.</summary>
    public static KubeCheckpointException RestoreFailed(
        string ns, string pod, string words, string cause, string action, IReadOnlyList<string> events, bool isRemoved = false) => new(
        nameof(RestoreFailed), FailureCategory.InvalidOperation, $"{ns}/{pod}",
        $"Pod '{ns}/{pod}' could not be restored. {(cause.Length == 0 ? "" : $"{cause} ")}{words}{events.ToAppendix()}",
        isRemoved ? $"{action} The pod was removed." : $"{action} The pod is left as it is; delete it before the next try.");

    /// <summary>The restored pod was deleted while it was waited for.</summary>
    public static KubeCheckpointException RestoredPodGone(string ns, string pod) => new(
        nameof(RestoredPodGone), FailureCategory.OperationStopped, $"{ns}/{pod}",
        $"Pod '{ns}/{pod}' was deleted before it was ready.",
        "Somebody or a controller whose selector matches the pod's labels deleted it: see 'kubectl get events'.");

    /// <summary>A restored container ended and was started again.</summary>
    public static KubeCheckpointException RestoredPodRestarted(string ns, string pod, int restarts) => new(
        nameof(RestoredPodRestarted), FailureCategory.InvalidOperation, $"{ns}/{pod}",
        $"Containers of the restored pod '{ns}/{pod}' have ended and were started again from the checkpoint, {restarts} times so far.",
        "See why with 'kubectl logs --previous': an address, a peer or a file that the process misses, for example.");

    /// <summary>The restored pod did not become ready in time.</summary>
    public static KubeCheckpointException RestoreTimedOut(
        string ns, string pod, TimeSpan timeout, string status, IReadOnlyList<string> events, bool isRemoved = false) => new(
        nameof(RestoreTimedOut), FailureCategory.OperationTimeout, $"{ns}/{pod}",
        $"Pod '{ns}/{pod}' is not Running and Ready after {timeout.TotalSeconds:0} s: {status}.{events.ToAppendix()}",
        (isRemoved ? "It was removed." : "It is left as it is and may still come up: see 'kubectl describe pod'.") +
        " A large image takes its time; give more with -TimeoutSec.");

    private static string Describe(NeededMount mount) => mount.Origin switch
    {
        MountOrigin.Node => "a path of the node",
        MountOrigin.ConfigMap => $"config map volume '{mount.VolumeName}'",
        MountOrigin.Storage => "a volume of storage",
        MountOrigin.SubPath => $"a part of volume '{mount.VolumeName}'",
        _ => $"{mount.Origin} volume '{mount.VolumeName}'",
    };
}

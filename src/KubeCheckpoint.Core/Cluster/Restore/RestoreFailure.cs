using KubeCheckpoint.Cluster.Connections;

namespace KubeCheckpoint.Cluster.Restore;

/// <summary>Failures to restore a pod.</summary>
public static class RestoreFailure
{
    private const int NamedFiles = 3;

    /// <summary>No restore image was given.</summary>
    public static KubeCheckpointException NoRestoreImage() => new(
        nameof(NoRestoreImage), FailureCategory.InvalidArgument, null,
        "There is no restore image to create a pod from.",
        "Pass what New-RestoreImage emits.");

    /// <summary>There are several images for one container of a pod.</summary>
    public static KubeCheckpointException AmbiguousRestoreImage(string pod, string container, IReadOnlyCollection<string> references) => new(
        nameof(AmbiguousRestoreImage), FailureCategory.InvalidArgument, $"{pod}/{container}",
        $"There is more than one restore image for container '{container}' of pod '{pod}': {string.Join(", ", references)}.",
        "Pass one image for each container, or restore them one after another under different names.");

    /// <summary>The pod's manifest has no container for the image.</summary>
    public static KubeCheckpointException RestoreContainerNotFound(string pod, string container, IEnumerable<string> known) => new(
        nameof(RestoreContainerNotFound), FailureCategory.ObjectNotFound, $"{pod}/{container}",
        $"The manifest of pod '{pod}' has no container '{container}' to restore. Its containers: {string.Join(", ", known)}.",
        "Give Restore-Pod the manifest of the pod that was checkpointed with -Manifest.");

    /// <summary>The image is in a folder or file, from which no node can pull it.</summary>
    public static KubeCheckpointException RestoreImageNotPushed(string reference, string destination) => new(
        nameof(RestoreImageNotPushed), FailureCategory.InvalidOperation, reference,
        $"The restore image '{reference}' is in '{destination}', from which no node can pull it.",
        "Push it to a registry with Publish-RestoreImage, or create it there with New-RestoreImage -Repository.");

    /// <summary>The checkpoint's annotations are not on the image's manifest, where runtimes read them.</summary>
    public static KubeCheckpointException RestoreImageNotRecognized(string reference, string problem) => new(
        nameof(RestoreImageNotRecognized), FailureCategory.InvalidData, reference, problem,
        "Publish the image with Publish-RestoreImage and restore that, or create it again from its archive with New-RestoreImage.");

    /// <summary>An image must be pushed for the restore, and no repository was given.</summary>
    /// <param name="archive">The archive of which the image is made, or null for one that is still to be made.</param>
    public static KubeCheckpointException RepositoryMissing(string? archive = null) => new(
        nameof(RepositoryMissing), FailureCategory.InvalidArgument, archive,
        archive is null
            ? "A node restores from an image in a registry, and no repository was given to push it to."
            : $"A node cannot restore from the file '{archive}': its image must be pushed to a registry first, and no repository was given.",
        "Give a registry and repository that the nodes can pull from with -Repository, such as registry.local:5000/restore.");

    /// <summary>There is no manifest of the pod: none was stored, and the pod no longer exists.</summary>
    public static KubeCheckpointException PodManifestMissing(string image, Exception? inner = null) => new(
        nameof(PodManifestMissing), FailureCategory.ObjectNotFound, image,
        $"No pod manifest found for '{image}': none is stored in the image, and the pod no longer exists.",
        "Give Restore-Pod its manifest with -Manifest.", inner);

    /// <summary>The API server rejects the manifest.</summary>
    public static KubeCheckpointException PodManifestRefused(string ns, string pod, string message, Exception inner) => new(
        nameof(PodManifestRefused), FailureCategory.InvalidData, $"{ns}/{pod}",
        $"The API server rejects pod '{ns}/{pod}': {message.Shorten(600)}",
        "See the manifest with Restore-Pod -AsManifest, change it and pass it with -Manifest.", inner);

    /// <summary>The pod's owner is in another namespace.</summary>
    public static KubeCheckpointException OwnerInOtherNamespace(string ownerNamespace, string ns) => new(
        nameof(OwnerInOtherNamespace), FailureCategory.InvalidArgument, ns,
        $"The pod's owner is in namespace '{ownerNamespace}': in '{ns}' the garbage collector would delete the restored pod immediately.",
        "Restore in the owner's namespace, or without the owner.");

    /// <summary>A pod with this name exists.</summary>
    public static KubeCheckpointException PodExists(string ns, string pod, Exception? inner = null) => new(
        nameof(PodExists), FailureCategory.ResourceExists, $"{ns}/{pod}",
        $"Pod '{pod}' already exists in namespace '{ns}'.",
        "Give the new pod another name, or delete that one first.", inner);

    /// <summary>The manifest lacks a mount that the checkpointed container had.</summary>
    public static KubeCheckpointException RestoreMountMissing(string pod, string container, IReadOnlyCollection<NeededMount> mounts) => new(
        nameof(RestoreMountMissing), FailureCategory.InvalidData, $"{pod}/{container}",
        $"Container '{container}' of pod '{pod}' had mounts that the manifest lacks: " +
        $"{string.Join(", ", mounts.Select(mount => $"{mount.MountPath} ({Describe(mount)})"))}. Without them it cannot be restored.",
        "Give Restore-Pod the manifest of the pod that was checkpointed with -Manifest, or add volume and mount with -Patch.");

    /// <summary>The checkpoint or image has more mounts than the limit.</summary>
    public static KubeCheckpointException RestoreMountsTooMany(string container, int count, int most) => new(
        nameof(RestoreMountsTooMany), FailureCategory.InvalidData, container,
        $"The checkpoint of container '{container}' has {count} mounts; the limit is {most}.",
        "The archive or image is probably corrupt or hostile: check where it comes from. Get-CheckpointMount shows the mounts of an archive.");

    /// <summary>The restored pod did not start.</summary>
    /// <param name="ns">The namespace.</param>
    /// <param name="pod">The pod.</param>
    /// <param name="message">The container, and what the runtime, CRIU or the kubelet say.</param>
    /// <param name="cause">What that means; Cause is empty if it is not known.</param>
    /// <param name="run">The run of CRIU that failed, or null if it was not CRIU.</param>
    /// <param name="isRemoved">True if the pod will be removed.</param>
    internal static KubeCheckpointException RestoreFailed(
        string ns, string pod, string message, RestoreCause cause, FailedCriuRun? run = null, bool isRemoved = false) => new(
        nameof(RestoreFailed), FailureCategory.InvalidOperation, run ?? (object)$"{ns}/{pod}",
        $"Pod '{ns}/{pod}' could not be restored{(cause.Cause.Length == 0 ? "." : $": {cause.Cause}")}\n{message}",
        $"{cause.Action} {(run is null ? "" : $"{FailedRestore.LogHint(run)} ")}" +
        (isRemoved ? "The pod was removed." : "The pod still exists; delete it before you try again."));

    /// <summary>The restored pod was deleted before it was ready.</summary>
    public static KubeCheckpointException RestoredPodGone(string ns, string pod) => new(
        nameof(RestoredPodGone), FailureCategory.OperationStopped, $"{ns}/{pod}",
        $"Pod '{ns}/{pod}' was deleted before it was ready.",
        "A user, or a controller whose selector matches the pod's labels, deleted it: see 'kubectl get events'.");

    /// <summary>A restored container ended and was restarted.</summary>
    public static KubeCheckpointException RestoredPodRestarted(string ns, string pod, int restarts) => new(
        nameof(RestoredPodRestarted), FailureCategory.InvalidOperation, $"{ns}/{pod}",
        $"Containers of the restored pod '{ns}/{pod}' have ended and were restarted from the checkpoint, {restarts} times so far.",
        "See why with 'kubectl logs --previous': for example, the process may lack an address, a peer or a file.");

    /// <summary>Files of the restored pod are not as they were.</summary>
    public static KubeCheckpointException RestoredFilesDiffer(RestoredFiles files, bool isRemoved = false) => new(
        nameof(RestoredFilesDiffer), FailureCategory.InvalidData, files,
        $"The restored pod '{files.Namespace}/{files.PodName}' runs, but {files.Differences.Count} of {files.FilesCompared} compared files are not as the "
        + $"checkpoint has them, although nothing has changed them since: {string.Join("; ", files.Differences.Take(NamedFiles))}"
        + $"{(files.Differences.Count > NamedFiles ? "; and others" : "")}.",
        "The error's TargetObject lists the files ($Error[0].TargetObject.Differences). Create the image with New-RestoreImage from the archive, "
        + $"let it read the container's image, and restore again. {(isRemoved ? "The pod was removed." : "The pod still exists.")}");

    /// <summary>The restored pod did not become ready in time.</summary>
    public static KubeCheckpointException RestoreTimedOut(
        string ns, string pod, TimeSpan timeout, string status, IReadOnlyList<string> events, bool isRemoved = false) => new(
        nameof(RestoreTimedOut), FailureCategory.OperationTimeout, $"{ns}/{pod}",
        $"Pod '{ns}/{pod}' is not Running and Ready after {timeout.TotalSeconds:0} s: {status}.{events.ToAppendix()}",
        (isRemoved ? "The pod was removed." : "The pod still exists and may still become ready: see 'kubectl describe pod'.") +
        " A large image takes its time; give more with -TimeoutSec.");

    private static string Describe(NeededMount mount) => mount.Origin switch
    {
        MountOrigin.Node => "a path on the node",
        MountOrigin.ConfigMap => $"config map volume '{mount.VolumeName}'",
        MountOrigin.Storage => "a storage volume",
        MountOrigin.SubPath => $"a subPath of volume '{mount.VolumeName}'",
        _ => $"{mount.Origin} volume '{mount.VolumeName}'",
    };
}

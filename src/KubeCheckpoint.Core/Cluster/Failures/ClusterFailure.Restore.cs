namespace KubeCheckpoint.Cluster;

public static partial class ClusterFailure
{
    /// <summary>The manifest is not that of a pod.</summary>
    public static KubeCheckpointException PodManifestInvalid(string words, Exception? inner = null) => new(
        nameof(PodManifestInvalid), FailureCategory.InvalidData, null,
        $"The pod manifest cannot be used: {words}.",
        "Give a pod as JSON with -Manifest, as 'kubectl get pod NAME -o json' prints it.", inner);

    /// <summary>Nobody knows how the pod looked.</summary>
    public static KubeCheckpointException PodManifestMissing(string image, Exception? inner = null) => new(
        nameof(PodManifestMissing), FailureCategory.ObjectNotFound, image,
        $"It is not known how the pod of '{image}' looked: no manifest is stored with the image, and the pod is not there any more.",
        "Give its manifest with -Manifest.", inner);

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
        "Give the manifest of the pod that was checkpointed with -Manifest.");

    /// <summary>An image that lies in a folder or file cannot be pulled by a node.</summary>
    public static KubeCheckpointException RestoreImageNotPushed(string reference, string destination) => new(
        nameof(RestoreImageNotPushed), FailureCategory.InvalidOperation, reference,
        $"The restore image '{reference}' lies in '{destination}', where no node can pull it from.",
        "Push it to a registry with Publish-RestoreImage, or make it there with New-RestoreImage -Repository.");

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

    /// <summary>The API server does not accept the manifest.</summary>
    public static KubeCheckpointException PodManifestRefused(string ns, string pod, string words, Exception inner) => new(
        nameof(PodManifestRefused), FailureCategory.InvalidData, $"{ns}/{pod}",
        $"The API server does not accept pod '{ns}/{pod}': {ServerAnswer.Shorten(words, 600)}",
        "See the manifest with Restore-Pod -AsManifest, change it and pass it with -Manifest.", inner);

    /// <summary>The restored pod failed to start.</summary>
    public static KubeCheckpointException RestoreFailed(
        string ns, string pod, string words, string cause, string action, IReadOnlyList<string> events, bool isRemoved = false) => new(
        nameof(RestoreFailed), FailureCategory.InvalidOperation, $"{ns}/{pod}",
        $"Pod '{ns}/{pod}' could not be restored. {(cause.Length == 0 ? "" : $"{cause} ")}{words}{Quote(events)}",
        isRemoved ? $"{action} The pod was removed." : $"{action} The pod is left as it is; delete it before the next try.");

    /// <summary>The restored pod was deleted while it was waited for.</summary>
    public static KubeCheckpointException RestoredPodGone(string ns, string pod) => new(
        nameof(RestoredPodGone), FailureCategory.OperationStopped, $"{ns}/{pod}",
        $"Pod '{ns}/{pod}' was deleted before it was ready.",
        "Somebody or a controller whose selector matches the pod's labels deleted it: see 'kubectl get events'.");

    /// <summary>The restored pod did not become ready in time.</summary>
    public static KubeCheckpointException RestoreTimedOut(
        string ns, string pod, TimeSpan timeout, string status, IReadOnlyList<string> events, bool isRemoved = false) => new(
        nameof(RestoreTimedOut), FailureCategory.OperationTimeout, $"{ns}/{pod}",
        $"Pod '{ns}/{pod}' is not Running and Ready after {timeout.TotalSeconds:0} s: {status}.{Quote(events)}",
        (isRemoved ? "It was removed." : "It is left as it is and may still come up: see 'kubectl describe pod'.") +
        " A large image takes its time; give more with -TimeoutSec.");

    /// <summary>The target node is not Ready.</summary>
    public static KubeCheckpointException NodeNotReady(string node) => new(
        nameof(NodeNotReady), FailureCategory.ResourceUnavailable, node,
        $"Node '{node}' is not Ready.",
        "See 'kubectl describe node' for why, or take another node.");

    /// <summary>The target node's runtime cannot restore containers.</summary>
    public static KubeCheckpointException NodeRuntimeUnsupported(string node, string? runtime) => new(
        nameof(NodeRuntimeUnsupported), FailureCategory.NotImplemented, node,
        $"Node '{node}' runs {runtime ?? "a runtime that does not say what it is"}, which cannot restore containers.",
        "Take a node with CRI-O or containerd.");

    /// <summary>The checkpoint was taken on another architecture.</summary>
    public static KubeCheckpointException NodeArchitectureDiffers(string pod, string architecture, string node, string nodeArchitecture) => new(
        nameof(NodeArchitectureDiffers), FailureCategory.InvalidOperation, node,
        $"The checkpoint of '{pod}' is of {architecture}, and node '{node}' is {nodeArchitecture}.",
        $"Take a node with {architecture}.");

    /// <summary>The image was made for the other runtime.</summary>
    public static KubeCheckpointException RestoreImageOtherRuntime(
        string reference, CheckpointEngine made, string node, CheckpointEngine runtime) => new(
        nameof(RestoreImageOtherRuntime), FailureCategory.InvalidOperation, reference,
        $"The restore image '{reference}' is for {made}, and node '{node}' runs {runtime}.",
        $"Make it anew with New-RestoreImage -TargetRuntime {runtime}, pass the archive to Restore-Pod, or take a node with {made}.");

    /// <summary>The images of one pod are for several runtimes.</summary>
    public static KubeCheckpointException RestoreImagesDiffer(string pod, IReadOnlyCollection<string> images) => new(
        nameof(RestoreImagesDiffer), FailureCategory.InvalidArgument, pod,
        $"The restore images of pod '{pod}' are for several runtimes, and a pod has one: {string.Join(", ", images)}.",
        "Make them all for one runtime with New-RestoreImage -TargetRuntime.");

    /// <summary>No node that takes pods has a runtime that restores the checkpoint.</summary>
    public static KubeCheckpointException NoSuitableNode(
        string pod, IReadOnlyCollection<CheckpointEngine> runtimes, IReadOnlyCollection<string> architectures) => new(
        nameof(NoSuitableNode), FailureCategory.ResourceUnavailable, pod,
        $"No node that is Ready and takes pods can restore '{pod}': it needs {string.Join(" or ", runtimes)}" +
        $"{(architectures.Count == 0 ? "" : $" on {string.Join(" and ", architectures)}")}.",
        "See 'kubectl get nodes -o wide'. A cordoned node can be named with -NodeName.");

    /// <summary>The new pod would lack a mount that the checkpointed container had.</summary>
    public static KubeCheckpointException RestoreMountMissing(string pod, string container, IReadOnlyCollection<NeededMount> mounts) => new(
        nameof(RestoreMountMissing), FailureCategory.InvalidData, $"{pod}/{container}",
        $"Container '{container}' of pod '{pod}' had mounts that the manifest lacks: " +
        $"{string.Join(", ", mounts.Select(mount => $"{mount.MountPath} ({Describe(mount)})"))}. Without them it cannot be restored.",
        "Give the manifest of the pod that was checkpointed with -Manifest, or add volume and mount with -Patch.");

    /// <summary>The checkpoint or image names more mounts than a pod can have.</summary>
    public static KubeCheckpointException RestoreMountsTooMany(string container, int count, int most) => new(
        nameof(RestoreMountsTooMany), FailureCategory.InvalidData, container,
        $"The checkpoint of container '{container}' names {count} mounts; more than {most} are not believed.",
        "Look where archive or image come from: no container has so many mounts. 'Get-CheckpointMount' shows those of an archive.");

    /// <summary>The images that the containers once ran from could not be pulled to the node.</summary>
    public static KubeCheckpointException BaseImagePullFailed(
        string ns, string image, string? node, string words, IReadOnlyCollection<string> pullSecrets, IReadOnlyList<string> events) => new(
        nameof(BaseImagePullFailed), FailureCategory.ResourceUnavailable, image,
        $"The image '{image}', from which the container once ran, could not be pulled to {(node is null ? "a node" : $"node '{node}'")}: " +
        $"{ServerAnswer.Shorten(words, 600)} {PullSecretWords(ns, pullSecrets)}{Quote(events)}",
        "Make it reachable for the node and give the pod a pull secret for it (imagePullSecrets, -Patch), or pull it on the node by hand; " +
        "with -SkipPrePull the restore goes on without.");

    /// <summary>The pod that pulls the base images was refused.</summary>
    public static KubeCheckpointException BaseImagePullRefused(string ns, string words, Exception inner) => new(
        nameof(BaseImagePullRefused), FailureCategory.PermissionDenied, ns,
        $"Namespace '{ns}' does not take the pod that pulls the images from which the containers once ran: {ServerAnswer.Shorten(words, 600)}",
        "Where the node has these images, restore with -SkipPrePull.", inner);

    /// <summary>A change of the manifest cannot be read.</summary>
    public static KubeCheckpointException PatchInvalid(string words, Exception? inner = null) => new(
        nameof(PatchInvalid), FailureCategory.InvalidArgument, null,
        $"The patch cannot be used: {words}.",
        "Give an object to be merged, such as @{ spec = @{ priorityClassName = 'high' } }, or a list of operations as in RFC 6902.", inner);

    /// <summary>An operation of a patch finds no place in the manifest.</summary>
    public static KubeCheckpointException PatchNotApplicable(string path, string words) => new(
        nameof(PatchNotApplicable), FailureCategory.InvalidArgument, path,
        $"The patch does not fit the manifest at '{path}': {words}.",
        "See the manifest with Restore-Pod -AsManifest.");

    /// <summary>Archives were given and no repository that their images could be pushed to.</summary>
    public static KubeCheckpointException RepositoryMissing(string archive) => new(
        nameof(RepositoryMissing), FailureCategory.InvalidArgument, archive,
        $"A node cannot restore from the file '{archive}': an image of it must be pushed first, and no repository is given.",
        "Give a registry and repository that the nodes can pull from with -Repository.");

    private static string Describe(NeededMount mount) => mount.Origin switch
    {
        MountOrigin.Node => "a path of the node",
        MountOrigin.ConfigMap => $"config map volume '{mount.VolumeName}'",
        MountOrigin.Storage => "a volume of storage",
        MountOrigin.SubPath => $"a part of volume '{mount.VolumeName}'",
        _ => $"{mount.Origin} volume '{mount.VolumeName}'",
    };

    private static string PullSecretWords(string ns, IReadOnlyCollection<string> secrets) => secrets.Count == 0
        ? "The pod names no pull secrets."
        : $"The pod's pull secrets in namespace '{ns}': {string.Join(", ", secrets)}.";
}

namespace KubeCheckpoint.Cluster.Restore;

/// <summary>Why a container could not be restored, by the messages of the runtimes, and what to do about it.</summary>
/// <param name="Words">What the runtime's message contains.</param>
/// <param name="Cause">What that means.</param>
/// <param name="Action">What to do.</param>
internal sealed record RestoreCause(string Words, string Cause, string Action)
{
    /// <summary>The more specific causes come first: a message may match several.</summary>
    private static readonly RestoreCause[] Known =
    [
        new("checkpoint restore via CreateContainer is disabled by configuration",
            "Restoring is disabled in containerd.",
            "Run Initialize-CheckpointNode -RestartRuntime for that node: it sets enable_experimental_restore_via_create = true " +
            "(2.2.7, 2.3.4 and later; 2.4 has no restore)."),
        new("no command specified",
            "The runtime treated the image as an ordinary one.",
            "Either its annotations were lost (push it as an OCI image, not as Docker schema2), or the runtime does not support restoring or has " +
            "it disabled: CRI-O needs container_level_enabled = \"checkpoint_restore\" under [crio.checkpoint_restore], containerd 2.1 to 2.3."),
        new("expects following bind mounts defined",
            "The container had mounts that the new pod lacks.",
            "Restore with the manifest of the pod that was checkpointed: every volume mount must be there, the service account's too " +
            "(automountServiceAccountToken)."),
        new("failed to read \"status.dump\"",
            "The archive was written by CRI-O or Podman, and the node runs containerd.",
            "Build the image for containerd (New-RestoreImage -TargetRuntime Containerd), or restore on a node with the runtime that wrote the checkpoint."),
        new("failed to read \"io.kubernetes.cri-o.Annotations\"",
            "The archive was written by containerd or Podman, and the node runs CRI-O.",
            "Build the image for CRI-O (New-RestoreImage -TargetRuntime CriO), or restore on a node with the runtime that wrote the checkpoint."),
        new("is not a valid image ID",
            "The image was built for containerd, and the node runs CRI-O.",
            "Build the image for CRI-O (New-RestoreImage -TargetRuntime CriO)."),
        new(" has bad mode 0",
            "A file or folder of the container's image has a different mode on the node than where the checkpoint was taken; " +
            "with another runtime, it is the root folder.",
            "Build the image for the runtime of the node (New-RestoreImage -TargetRuntime), or make sure that the node has the same base image."),
        new("No mapping for ",
            "A mount that the container had is missing, or the node's OCI runtime (runc, crun) differs from that of the checkpoint.",
            "Give the new pod all mounts of the old one; build the image for the runtime of the node (New-RestoreImage -TargetRuntime)."),
        new("signature validation is not supported",
            "CRI-O has a signature policy for the namespace, with which it cannot restore.",
            "Restore in a namespace that has no policy in CRI-O's signature_policy_dir."),
        new("failed to pull checkpoint base image",
            "containerd could not pull the image that the container ran from.",
            "containerd pulls it without the pod's pull secrets, and up to 2.2.6 and 2.3.3 even if the node has it: its registry must allow " +
            "anonymous pulls. Newer versions use the image that Restore-Pod pulls first."),
        new("image not known",
            "The image that the container ran from is not on the node, and CRI-O does not pull it.",
            "Restore without -SkipPrePull, or pull it on that node first, under the name in the checkpoint's rootfsImageName annotation " +
            "(crictl pull)."),
        new("Can't bind inet socket back",
            "The process had an established TCP connection, which can only be restored with the old pod's address.",
            "Checkpoint it without connections, or put 'tcp-close' into /etc/criu/runc.conf on the node to restore them as closed."),
        new("Don't have tty to inherit session from",
            "The container had a terminal, which CRI-O does not give restored containers.",
            "Restore it on a node with containerd (New-RestoreImage -TargetRuntime Containerd), or checkpoint it without tty."),
        new("status.Image is not set",
            "The container runs, but the tag of the image that it ran from has moved to another image, and the kubelet cannot handle a " +
            "container whose image has no name.",
            "Restore again without -SkipPrePull: the image then gets a name by its digest. The kubelet cannot stop this container: delete " +
            "the pod with 'kubectl delete --force', and the container on the node with 'crictl rm -f'."),
        new("type RESTORE errno",
            "CRIU could not restore the process; the runtime does not say why.",
            "Frequent causes: a missing mount, another CPU or an older kernel, a file in /dev/shm, an address in use."),
        new("couldn't parse image name",
            "The reference does not name an image in a registry.",
            "Push the restore image to a registry that the node can reach."),
        new("http: server gave HTTP response to HTTPS client",
            "The registry uses plain HTTP, and the node's runtime expects HTTPS.",
            "Mark the registry as insecure on that node (CRI-O: registries.conf; containerd: certs.d/.../hosts.toml)."),
    ];

    /// <summary>These say only that it failed: CRIU's log, as far as it is known, says more.</summary>
    private static readonly string[] SaysLittle = ["type RESTORE errno"];

    private static readonly RestoreCause Unexplained = new(
        "", "CRIU could not restore the process.", "CRIU's error names what failed.");

    private static readonly RestoreCause Pull = new(
        "", "The node could not pull the image.",
        "Check that the node reaches the registry under that name, trusts its certificate, and has pull secrets (imagePullSecrets) for it.");

    private static readonly RestoreCause Other = new(
        "", "", "See 'kubectl describe pod' and the runtime's log on the node.");

    /// <param name="words">The message of the container and the events.</param>
    /// <param name="reason">The reason of the container's state, or null.</param>
    /// <param name="run">The run of CRIU that failed, or null.</param>
    public static RestoreCause Of(string words, string? reason, FailedCriuRun? run = null)
    {
        var known = Array.Find(Known, cause => words.Contains(cause.Words, StringComparison.OrdinalIgnoreCase));
        if (known is not null && !SaysLittle.Contains(known.Words))
            return known;
        if (run is { Cause: { } cause, Remedy: { } remedy })
            return new("", cause, remedy);
        if (run?.CriuMessage is not null)
            return Unexplained;
        return known ?? (reason is "ErrImagePull" or "ImagePullBackOff" ? Pull : Other);
    }
}

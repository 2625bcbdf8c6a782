namespace KubeCheckpoint.Images.Conversion;

/// <summary>What keeps a checkpoint of one runtime from being restored by another.</summary>
internal static class ConversionFailure
{
    /// <summary>The processes are in namespaces that the other runtime cannot restore.</summary>
    public static KubeCheckpointException NamespaceNotConvertible(string archive, CheckpointEngine engine, CheckpointEngine target, string reason) =>
        NotConvertible(nameof(NamespaceNotConvertible), archive, engine, target, reason,
            $"Restore it with {engine}, or run the container without that sharing and take a new checkpoint.");

    /// <summary>The other runtime cannot restore a mount of the container.</summary>
    public static KubeCheckpointException MountNotConvertible(string archive, CheckpointEngine engine, CheckpointEngine target, string path, string reason) =>
        NotConvertible(nameof(MountNotConvertible), archive, engine, target, $"the mount '{path}' {reason}",
            $"Restore it with {engine}, or run the container without that mount and take a new checkpoint.");

    /// <summary>The archive holds the content of a Podman volume, which only Podman restores.</summary>
    public static KubeCheckpointException VolumeNotConvertible(string archive, CheckpointEngine target, string volume, string path) =>
        NotConvertible(nameof(VolumeNotConvertible), archive, CheckpointEngine.Podman, target,
            $"the archive holds the content of the volume '{volume}' at '{path}', which only Podman restores",
            "Copy the content into a volume of the pod at that path, and take the checkpoint with 'podman container checkpoint --ignore-volumes'.");

    /// <summary>The container uses a Podman secret, whose content is not in the archive.</summary>
    public static KubeCheckpointException SecretNotConvertible(string archive, CheckpointEngine target, string secret) =>
        NotConvertible(nameof(SecretNotConvertible), archive, CheckpointEngine.Podman, target,
            $"the Podman secret '{secret}' is mounted, and its content is not in the archive",
            "Run the container with the secret in a bind mount or volume, which a pod can have too, and take a new checkpoint.");

    /// <summary>The container has a terminal, which CRI-O gives no restored container.</summary>
    public static KubeCheckpointException TerminalNotConvertible(string archive, CheckpointEngine engine) =>
        NotConvertible(nameof(TerminalNotConvertible), archive, engine, CheckpointEngine.CriO,
            "its processes have a terminal, and CRI-O gives no restored container one",
            "Restore it with containerd or Podman, or run the container without tty and take a new checkpoint.");

    /// <summary>The checkpoint depends on an earlier one.</summary>
    public static KubeCheckpointException IncrementalNotConvertible(string archive, CheckpointEngine engine, CheckpointEngine target) =>
        NotConvertible(nameof(IncrementalNotConvertible), archive, engine, target,
            "it has only the pages that changed since a pre-checkpoint, which a pod cannot be given",
            "Take a full checkpoint: without --with-previous.");

    /// <summary>The CRIU images have a newer version than this module supports.</summary>
    public static KubeCheckpointException ImageVersionNotConvertible(string archive, uint version) => new(
        nameof(ImageVersionNotConvertible), FailureCategory.NotImplemented, archive,
        $"'{archive}' has CRIU images of version {version}; conversion for another runtime supports versions up to 3.",
        "Use a newer version of this module, or restore the archive with the runtime that wrote it.");

    /// <summary>The name of the container's image is not known, or the other runtime cannot find the image by it.</summary>
    public static KubeCheckpointException BaseImageUnknown(
        string archive, CheckpointEngine engine, CheckpointEngine target, string reason, string action) => new(
        nameof(BaseImageUnknown), FailureCategory.InvalidArgument, archive, CannotBuild(archive, engine, target, reason), action);

    /// <summary>The other runtime has no way to express a changed or deleted file.</summary>
    public static KubeCheckpointException FileNotConvertible(string archive, CheckpointEngine engine, CheckpointEngine target, string path, string reason) =>
        NotConvertible(nameof(FileNotConvertible), archive, engine, target, $"the changed file '{path}' {reason}",
            $"Restore it with {engine}, or remove or rename that file in the container and take a new checkpoint.");

    /// <summary>The other machine does not have the AppArmor profile of the processes.</summary>
    public static KubeCheckpointException ConfinementNotConvertible(string archive, CheckpointEngine engine, CheckpointEngine target, string profile) =>
        NotConvertible(nameof(ConfinementNotConvertible), archive, engine, target,
            $"its processes are confined by the AppArmor profile '{profile}', and the name of the corresponding profile of {target} is not known",
            "Run the container with the AppArmor profile Unconfined and take a new checkpoint.");

    /// <summary>The second layer could not be written into a temporary file.</summary>
    public static KubeCheckpointException OverlayNotWritable(string archive, string folder, Exception inner) => new(
        nameof(OverlayNotWritable), FailureCategory.WriteError, archive,
        $"The layer that adapts '{archive}' to another runtime could not be written into '{folder}': {inner.Message}",
        "Free some space there, or set TMPDIR (TEMP on Windows) to another folder.", inner);

    private static KubeCheckpointException NotConvertible(
        string errorId, string archive, CheckpointEngine engine, CheckpointEngine target, string reason, string action) =>
        new(errorId, FailureCategory.NotImplemented, archive, CannotBuild(archive, engine, target, reason), action);

    private static string CannotBuild(string archive, CheckpointEngine engine, CheckpointEngine target, string reason) =>
        $"Cannot build a {target} image from '{archive}' (written by {engine}): {reason}.";
}

namespace KubeCheckpoint.Images.Oci;

/// <content>What cannot be carried from one runtime to another.</content>
public static partial class ImageFailure
{
    /// <summary>A checkpoint whose processes are in namespaces that another runtime cannot give them.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="engine">Who wrote it.</param>
    /// <param name="target">Who was to restore it.</param>
    /// <param name="reason">What about the namespaces, as in "... for Containerd: REASON".</param>
    public static KubeCheckpointException NamespaceNotConvertible(string archive, CheckpointEngine engine, CheckpointEngine target, string reason) =>
        NotConvertible(nameof(NamespaceNotConvertible), archive, engine, target, reason,
            $"Restore it with {engine}, or run the container without that sharing and take the checkpoint anew.");

    /// <summary>A mount that the other runtime cannot make.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="engine">Who wrote it.</param>
    /// <param name="target">Who was to restore it.</param>
    /// <param name="path">Where it is mounted.</param>
    /// <param name="reason">What about it, as in "the mount '/x' REASON".</param>
    public static KubeCheckpointException MountNotConvertible(string archive, CheckpointEngine engine, CheckpointEngine target, string path, string reason) =>
        NotConvertible(nameof(MountNotConvertible), archive, engine, target, $"the mount '{TerminalText.Excerpt(path)}' {reason}",
            $"Restore it with {engine}, or run the container without that mount and take the checkpoint anew.");

    /// <summary>A named volume of Podman whose content is in the archive, and only Podman puts it back.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="target">Who was to restore it.</param>
    /// <param name="volume">The volume.</param>
    /// <param name="path">Where it is mounted.</param>
    public static KubeCheckpointException VolumeNotConvertible(string archive, CheckpointEngine target, string volume, string path) =>
        NotConvertible(nameof(VolumeNotConvertible), archive, CheckpointEngine.Podman, target,
            $"the archive holds the content of the volume '{TerminalText.Excerpt(volume)}' at '{TerminalText.Excerpt(path)}', which only Podman puts back",
            "Bring the content into a volume of the pod at that path yourself, and take the checkpoint with 'podman container checkpoint --ignore-volumes'.");

    /// <summary>Secrets of Podman, whose content is not in the archive.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="target">Who was to restore it.</param>
    /// <param name="secret">One of them.</param>
    public static KubeCheckpointException SecretNotConvertible(string archive, CheckpointEngine target, string secret) =>
        NotConvertible(nameof(SecretNotConvertible), archive, CheckpointEngine.Podman, target,
            $"Podman's secret '{TerminalText.Excerpt(secret)}' is mounted, and its content is not in the archive",
            "Run the container with the secret in a bind mount or volume, which the pod can have too, and take the checkpoint anew.");

    /// <summary>A container with a terminal, for CRI-O, which gives no restored container one.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="engine">Who wrote it.</param>
    public static KubeCheckpointException TerminalNotConvertible(string archive, CheckpointEngine engine) =>
        NotConvertible(nameof(TerminalNotConvertible), archive, engine, CheckpointEngine.CriO, "its processes have a terminal, and CRI-O gives no restored container one",
            "Restore it with containerd or Podman, or run the container without tty and take the checkpoint anew.");

    /// <summary>A checkpoint that stands on an earlier one.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="engine">Who wrote it.</param>
    /// <param name="target">Who was to restore it.</param>
    public static KubeCheckpointException IncrementalNotConvertible(string archive, CheckpointEngine engine, CheckpointEngine target) =>
        NotConvertible(nameof(IncrementalNotConvertible), archive, engine, target, "it has only the pages that changed since a pre-checkpoint, which no pod can be given",
            "Take a whole checkpoint: without --with-previous.");

    /// <summary>CRIU images of a later version than this module knows.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="version">The version in inventory.img.</param>
    public static KubeCheckpointException ImageVersionNotConvertible(string archive, uint version) =>
        new(nameof(ImageVersionNotConvertible), FailureCategory.NotImplemented, archive,
            $"'{archive}' has CRIU images of version {version}; they are changed for another runtime up to version 3.",
            "Use a newer version of this module, or restore the archive with the runtime that wrote it.");

    /// <summary>The image that the container ran cannot be named so that the other runtime finds it.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="engine">Who wrote it.</param>
    /// <param name="target">Who was to restore it.</param>
    /// <param name="reason">What is missing.</param>
    /// <param name="action">What to do.</param>
    public static KubeCheckpointException BaseImageUnknown(string archive, CheckpointEngine engine, CheckpointEngine target, string reason, string action) =>
        new(nameof(BaseImageUnknown), FailureCategory.InvalidArgument, archive, $"No image for {target} is made of '{archive}', an archive of {engine}: {reason}.", action);

    /// <summary>A changed file that cannot be said in the other runtime's way.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="engine">Who wrote it.</param>
    /// <param name="target">Who was to restore it.</param>
    /// <param name="path">The file.</param>
    /// <param name="reason">Why not.</param>
    public static KubeCheckpointException FileNotConvertible(string archive, CheckpointEngine engine, CheckpointEngine target, string path, string reason) =>
        NotConvertible(nameof(FileNotConvertible), archive, engine, target, $"'{TerminalText.Excerpt(path)}' in its changed files {reason}",
            $"Restore it with {engine}, or remove or rename that file in the container and take the checkpoint anew.");

    /// <summary>An AppArmor profile that the other machine does not have.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="engine">Who wrote it.</param>
    /// <param name="target">Who was to restore it.</param>
    /// <param name="profile">The profile.</param>
    public static KubeCheckpointException ConfinementNotConvertible(string archive, CheckpointEngine engine, CheckpointEngine target, string profile) =>
        NotConvertible(nameof(ConfinementNotConvertible), archive, engine, target,
            $"its processes are confined by AppArmor's profile '{TerminalText.Excerpt(profile)}', and what {target}'s own is called is not known",
            "Run the container with the AppArmor profile Unconfined and take the checkpoint anew.");

    /// <summary>The second layer could not be written into a temporary file.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="folder">Where the temporary file was to be.</param>
    /// <param name="inner">What the system said.</param>
    public static KubeCheckpointException OverlayNotWritable(string archive, string folder, Exception inner) =>
        new(nameof(OverlayNotWritable), FailureCategory.WriteError, archive,
            $"What is changed of '{archive}' for another runtime has to be written into '{folder}', which failed: {inner.Message}",
            "Make room there, or name another folder in TMPDIR (TEMP on Windows).", inner);

    private static KubeCheckpointException NotConvertible(
        string errorId, string archive, CheckpointEngine engine, CheckpointEngine target, string reason, string action) =>
        new(errorId, FailureCategory.NotImplemented, archive, $"No image for {target} is made of '{archive}', an archive of {engine}: {reason}.", action);
}

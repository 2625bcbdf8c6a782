namespace KubeCheckpoint.Images;

/// <summary>What a mount is that a restored container must find.</summary>
public enum RequiredMountKind
{
    /// <summary>A folder or a file: the archive does not say which.</summary>
    Unknown,

    /// <summary>A folder: a whole volume.</summary>
    Directory,

    /// <summary>A file: a volume's, by subPath.</summary>
    File,

    /// <summary>The termination message of the container: not a volume, but its <c>terminationMessagePath</c>.</summary>
    TerminationLog,

    /// <summary>The token of the pod's service account, which the API server mounts unless <c>automountServiceAccountToken</c> is false.</summary>
    ServiceAccountToken,
}

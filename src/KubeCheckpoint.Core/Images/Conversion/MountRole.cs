namespace KubeCheckpoint.Images.Conversion;

/// <summary>Who provides a bind mount of a container.</summary>
internal enum MountRole
{
    /// <summary>Every runtime, or the kubelet for every container.</summary>
    Common,

    /// <summary>One runtime, for its own use; other runtimes may not have it, and a pod cannot ask for it.</summary>
    Runtime,

    /// <summary>The kubelet, for the termination message.</summary>
    TerminationLog,

    /// <summary>The kubelet, for the pod's service account token.</summary>
    ServiceAccountToken,

    /// <summary>The user: a volume, or a folder or file of the host.</summary>
    User,
}

/// <summary>Decides who provides a bind mount.</summary>
internal static class MountRoles
{
    public const string DefaultTerminationLog = "/dev/termination-log";

    private const string ContainerEnvironment = ".containerenv";
    private const string TokenPath = "/secrets/kubernetes.io/serviceaccount";

    private static readonly HashSet<string> Common = new(StringComparer.Ordinal) { "/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/dev/shm" };

    // CRI-O, server/container_create_linux.go; Podman, libpod/container_internal_common.go (makeBindMounts).
    private static readonly HashSet<string> Runtime = new(StringComparer.Ordinal)
    {
        "/run/" + ContainerEnvironment, "/var/run/" + ContainerEnvironment, "/run/secrets", "/var/run/secrets", "/etc/passwd", "/etc/group",
        "/run/podman-init", "/dev/init", "/run/notify",
    };

    /// <param name="path">The path in the container.</param>
    /// <param name="source">The path on the host, or null where it is not known.</param>
    /// <param name="terminationLog">The container's terminationMessagePath, or null.</param>
    public static MountRole Of(string path, string? source, string? terminationLog) =>
        Common.Contains(path) ? MountRole.Common
        : path == (terminationLog ?? DefaultTerminationLog) ? MountRole.TerminationLog
        : path.EndsWith(TokenPath, StringComparison.Ordinal) ? MountRole.ServiceAccountToken
        : Runtime.Contains(path) && (source is null || IsRuntimes(source)) ? MountRole.Runtime
        : MountRole.User;

    /// <summary>Whether CRI-O ignores a path in the mounts of a pod (server/container_restore.go, ignoreMounts).</summary>
    public static bool IsKeptByCriO(string path) => path is "/etc/passwd" or "/etc/group" or "/run/secrets" or "/run/" + ContainerEnvironment;

    /// <summary>Whether a path is the file that Podman and CRI-O create in a container to mark it as one.</summary>
    public static bool IsContainerEnvironment(string path) => path.EndsWith(ContainerEnvironment, StringComparison.Ordinal);

    // In CRI-O's and Podman's storage a container's own files are in .../overlay-containers/ID/userdata.
    private static bool IsRuntimes(string source) =>
        source.Contains("/userdata/", StringComparison.Ordinal)
        || source.Contains("/catatonit", StringComparison.Ordinal)
        || source.EndsWith("-init", StringComparison.Ordinal);
}

using System.Text.RegularExpressions;

namespace KubeCheckpoint.Archives;

/// <summary>What config.dump and spec.dump say a restore needs.</summary>
internal static partial class CheckpointNeeds
{
    private const string ContainerEnv = "/run/.containerenv";

    /// <summary>
    /// What both runtimes mount by themselves, and the kubelet's /etc/hosts: the list of CRI-O's <c>ignoreMounts</c>, less what only CRI-O has.
    /// https://github.com/cri-o/cri-o/blob/main/server/container_restore.go
    /// </summary>
    private static readonly string[] Provided =
    [
        "/proc", "/dev", "/dev/pts", "/dev/mqueue", "/sys", "/sys/fs/cgroup", "/dev/shm", "/etc/resolv.conf", "/etc/hostname", "/etc/hosts",
    ];

    /// <summary>What CRI-O mounts by itself and containerd does not; <c>/etc/passwd</c> and <c>/etc/group</c> for users the image does not know.</summary>
    private static readonly string[] CriOsOwn = [ContainerEnv, "/run/secrets", "/etc/passwd", "/etc/group"];

    public static RestoreNeeds Of(JsonMember config, JsonMember spec, IReadOnlyDictionary<string, string> annotations) => new()
    {
        BaseImage = config.Text("rootfsImageName"),
        BaseImageDigest = DigestOf(config.Text("rootfsImageRef"), annotations),
        Mounts = [.. spec.Objects("mounts", "destination", "source").Select(MountOf).OfType<NeededMount>()],
    };

    /// <summary>containerd writes name@digest where CRI-O writes the id, and keeps the names with digests in an annotation.</summary>
    private static string? DigestOf(string? reference, IReadOnlyDictionary<string, string> annotations) =>
        reference?.Contains("@sha256:", StringComparison.Ordinal) == true
            ? reference
            : annotations.GetValueOrDefault("io.kubernetes.cri-o.ImageRepoDigests")?.Split(',')
                .FirstOrDefault(name => name.Contains("@sha256:", StringComparison.Ordinal));

    private static NeededMount? MountOf(string?[] mount)
    {
        if (mount is not [{ } destination, var source]) return null;
        var path = destination.Length > 1 ? destination.TrimEnd('/') : destination;
        if (Provided.Contains(path)) return null;
        var (origin, volume) = OriginOf(source ?? "");
        if (origin is MountOrigin.Node or MountOrigin.Runtime && CriOsOwn.Contains(path)) return new(path, MountOrigin.Runtime);

        // What containerd mounts of its own, the volumes of the image for example, it mounts again.
        return origin == MountOrigin.Runtime ? null : new(path, origin, volume);
    }

    private static (MountOrigin Origin, string? VolumeName) OriginOf(string source)
    {
        if (RuntimeFolder().IsMatch(source)) return (MountOrigin.Runtime, null);
        var folder = PodFolder().Match(source);
        if (!folder.Success) return (MountOrigin.Node, null);
        var name = folder.Groups["name"].Value;
        return (folder.Groups["folder"].Value, folder.Groups["plugin"].Value) switch
        {
            ("containers", _) => (MountOrigin.TerminationMessage, null),
            ("volume-subpaths", _) => (MountOrigin.SubPath, name),
            (_, "empty-dir") => (MountOrigin.EmptyDir, name),
            (_, "configmap") => (MountOrigin.ConfigMap, name),
            (_, "secret") => (MountOrigin.Secret, name),
            (_, "projected") => (MountOrigin.Projected, name),
            (_, "downward-api") => (MountOrigin.DownwardApi, name),

            // The folder bears the name of the persistent volume.
            _ => (MountOrigin.Storage, null),
        };
    }

    /// <summary>containerd's folders of sandboxes and containers (config versions 2 and 3), CRI-O's of a container.</summary>
    [GeneratedRegex(@"/io\.containerd\.(grpc\.v1\.cri|cri\.v1\.runtime)/|/overlay-containers/")]
    private static partial Regex RuntimeFolder();

    /// <summary>
    /// The kubelet's folders tell what they hold: <c>pods/UID/volumes/kubernetes.io~empty-dir/NAME</c>, <c>pods/UID/volume-subpaths/...</c>,
    /// <c>pods/UID/containers/NAME/ID</c> for the termination message. The uid of a static pod has no dashes.
    /// </summary>
    [GeneratedRegex(@"/pods/[0-9a-f-]{32,36}/(?<folder>volumes|volume-subpaths|containers)/(kubernetes\.io~(?<plugin>[^/]+)/)?(?<name>[^/]+)")]
    private static partial Regex PodFolder();
}

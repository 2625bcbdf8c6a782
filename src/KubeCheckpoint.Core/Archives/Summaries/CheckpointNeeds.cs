using System.Text.RegularExpressions;
using KubeCheckpoint.Archives.Contents;

namespace KubeCheckpoint.Archives.Summaries;

/// <summary>What a restore needs according to config.dump and spec.dump.</summary>
internal static partial class CheckpointNeeds
{
    /// <summary>
    /// What every runtime mounts by itself, and the kubelet's /etc/hosts: CRI-O's list <c>ignoreMounts</c> without what only CRI-O has
    /// (https://github.com/cri-o/cri-o/blob/main/server/container_restore.go); the first process of <c>podman run --init</c>.
    /// </summary>
    private static readonly string[] Provided =
    [
        "/proc", "/dev", "/dev/pts", "/dev/mqueue", "/sys", "/sys/fs/cgroup", "/dev/shm", "/etc/resolv.conf", "/etc/hostname", "/etc/hosts",
        "/run/podman-init", "/dev/init",
    ];

    public static RestoreNeeds Of(JsonMember config, JsonMember spec, IReadOnlyDictionary<string, string> annotations) => new()
    {
        BaseImage = config.Text("rootfsImageName"),
        BaseImageDigest = DigestOf(config.Text("rootfsImageRef"), annotations),
        Mounts = [.. spec.Objects("mounts", "destination", "source", "type").Select(MountOf).OfType<NeededMount>()],
    };

    /// <summary>containerd writes name@digest where CRI-O writes the id, and keeps the names with digests in an annotation.</summary>
    private static string? DigestOf(string? reference, IReadOnlyDictionary<string, string> annotations) =>
        reference?.Contains("@sha256:", StringComparison.Ordinal) == true
            ? reference
            : annotations.GetValueOrDefault("io.kubernetes.cri-o.ImageRepoDigests")?.Split(',')
                .FirstOrDefault(name => name.Contains("@sha256:", StringComparison.Ordinal));

    private static NeededMount? MountOf(string?[] mount)
    {
        if (mount is not [{ } destination, var source, "bind"])
            return null;
        var path = destination.Length > 1 ? destination.TrimEnd('/') : destination;

        // A runtime mounts its own mounts again: volumes of the image, CRI-O's /run/secrets. An image for another runtime does not have them.
        if (Provided.Contains(path) || RuntimeFolder().IsMatch(source ?? ""))
            return null;
        var (origin, volume) = OriginOf(source ?? "");
        return new(path, origin, volume, origin == MountOrigin.Node ? source : null);
    }

    private static (MountOrigin Origin, string? VolumeName) OriginOf(string source)
    {
        var folder = PodFolder().Match(source);
        if (!folder.Success)
            return (MountOrigin.Node, null);
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

            // The folder has the name of the persistent volume, not of the pod's volume.
            _ => (MountOrigin.Storage, null),
        };
    }

    /// <summary>containerd's folders of sandboxes and containers (config versions 2 and 3), CRI-O's of a container.</summary>
    [GeneratedRegex(@"/io\.containerd\.(grpc\.v1\.cri|cri\.v1\.runtime)/|/overlay-containers/")]
    private static partial Regex RuntimeFolder();

    /// <summary>
    /// The paths of the kubelet's folders tell what they hold: <c>pods/UID/volumes/kubernetes.io~empty-dir/NAME</c>, <c>pods/UID/volume-subpaths/...</c>,
    /// <c>pods/UID/containers/NAME/ID</c> for the termination message. The uid of a static pod has no dashes.
    /// </summary>
    [GeneratedRegex(@"/pods/[0-9a-f-]{32,36}/(?<folder>volumes|volume-subpaths|containers)/(kubernetes\.io~(?<plugin>[^/]+)/)?(?<name>[^/]+)")]
    private static partial Regex PodFolder();
}

using System.Text.RegularExpressions;
using KubeCheckpoint.Archives.Contents;

namespace KubeCheckpoint.Archives.Requirements;

/// <summary>What spec.dump says of mounts, volumes and devices.</summary>
internal sealed partial class SpecRequirements
{
    // What CRI-O asks of no pod (cri-o, server/container_restore.go), and what the kubelet gives to every container.
    private static readonly string[] Provided =
    [
        "/proc", "/dev", "/dev/pts", "/dev/mqueue", "/sys", "/sys/fs/cgroup", "/dev/shm", "/etc/resolv.conf", "/etc/hostname", "/etc/passwd",
        "/etc/group", "/run/secrets", "/run/.containerenv", "/etc/hosts", "/dev/termination-log",
    ];

    // What runc gives to every container (runtime-spec, "Default Devices"), and the terminal.
    private static readonly string[] DefaultDevices =
        ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/console", "/dev/ptmx"];

    private SpecRequirements()
    {
    }

    public IReadOnlyList<string> Mounts { get; private init; } = [];

    public IReadOnlyList<ArchiveVolume> Volumes { get; private init; } = [];

    public IReadOnlyList<string> Devices { get; private init; } = [];

    /// <summary>Images by digest, as CRI-O notes them: <c>name@sha256:...</c>.</summary>
    public string? RepositoryDigests { get; private init; }

    public static SpecRequirements Read(CheckpointContent content)
    {
        if (content.Find("spec.dump") is not { } member)
            return new SpecRequirements();
        using var data = content.OpenMember(member);
        using var spec = JsonMember.Parse(content.Path, member, content.Archive.ReadAll(member, data, ArchiveLimits.JsonMemberSize));
        var annotations = spec.Map("annotations");
        var termination = annotations.GetValueOrDefault("io.kubernetes.container.terminationMessagePath");
        var mounts = spec.Objects("mounts", "destination", "type", "source")
            .Where(mount => mount[0] is { } destination && destination != termination && !Provided.Contains(Normal(destination)))
            .ToList();
        return new SpecRequirements
        {
            Mounts = [.. mounts.Select(mount => Normal(mount[0]!))],
            Volumes = [.. mounts.Where(mount => mount[1] is "bind" or "none" or null && mount[2]?.StartsWith('/') == true).Select(mount => VolumeOf(Normal(mount[0]!), mount[2]!))],
            Devices = [.. spec.Objects(["linux", "devices"], "path").Select(device => device[0]).OfType<string>().Where(IsOfNode)],
            RepositoryDigests = annotations.GetValueOrDefault("io.kubernetes.cri-o.ImageRepoDigests"),
        };
    }

    /// <summary>Whether a device is one that not every container has.</summary>
    public static bool IsOfNode(string path) =>
        path.StartsWith("/dev/", StringComparison.Ordinal) && !DefaultDevices.Contains(path) && !path.StartsWith("/dev/pts/", StringComparison.Ordinal);

    private static ArchiveVolume VolumeOf(string mountPath, string source)
    {
        if (VolumePath().Match(source) is { Success: true } volume)
            return new ArchiveVolume(mountPath, SourceOf(volume.Groups["plugin"].Value), volume.Groups["name"].Value);
        return SubPath().Match(source) is { Success: true } part
            ? new ArchiveVolume(mountPath, VolumeSource.Other, part.Groups["name"].Value)
            : new ArchiveVolume(mountPath, VolumeSource.HostPath, source);
    }

    // The names of the kubelet's volume plugins, with ~ for /.
    private static VolumeSource SourceOf(string plugin) => plugin switch
    {
        "kubernetes.io~empty-dir" => VolumeSource.EmptyDir,
        "kubernetes.io~configmap" => VolumeSource.ConfigMap,
        "kubernetes.io~secret" => VolumeSource.Secret,
        "kubernetes.io~projected" => VolumeSource.Projected,
        "kubernetes.io~downward-api" => VolumeSource.DownwardApi,
        "kubernetes.io~csi" or "kubernetes.io~local-volume" or "kubernetes.io~nfs" or "kubernetes.io~iscsi" or "kubernetes.io~fc" or "kubernetes.io~rbd" => VolumeSource.Persistent,
        _ => VolumeSource.Other,
    };

    private static string Normal(string path) => path.Length > 1 ? path.TrimEnd('/') : path;

    [GeneratedRegex(@"/pods/[^/]+/volumes/(?<plugin>[^/]+)/(?<name>[^/]+)", RegexOptions.NonBacktracking)]
    private static partial Regex VolumePath();

    [GeneratedRegex(@"/pods/[^/]+/volume-subpaths/(?<name>[^/]+)/", RegexOptions.NonBacktracking)]
    private static partial Regex SubPath();
}

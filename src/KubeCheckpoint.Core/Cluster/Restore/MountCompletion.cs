using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Restore;

/// <summary>
/// Compares the mounts of a pod with those that its containers had. CRI-O refuses a pod that lacks one; containerd passes it to CRIU, which
/// fails without an explanation. Mounts that can be recreated are added; the others are reported before the pod is created.
/// </summary>
internal sealed class MountCompletion(PodDocument pod, CheckpointEngine? runtime)
{
    private const string TokenPath = "/var/run/secrets/kubernetes.io/serviceaccount";
    private const string VolumePrefix = "kubecheckpoint-mount-";
    private const string DefaultTerminationPath = "/dev/termination-log";

    /// <summary>More than any pod has. The list comes from archives and images, which may be hostile, and each mount makes the pod larger.</summary>
    private const int MostMounts = 1000;

    private readonly HashSet<string> _volumes = [.. pod.Volumes.Select(volume => volume.Text("name")).OfType<string>()];
    private readonly Dictionary<JsonObject, HashSet<string>> _mounts = [];
    private int _lastNumber;

    /// <summary>Adds the mounts of one container that can be recreated.</summary>
    /// <exception cref="KubeCheckpointException">RestoreMountsTooMany.</exception>
    public void Complete(string containerName, RestoreNeeds needs)
    {
        if (pod.FindContainer(containerName) is not { } container)
            return;
        if (needs.Mounts.Count > MostMounts)
            throw RestoreFailure.RestoreMountsTooMany(containerName, needs.Mounts.Count, MostMounts);
        foreach (var mount in needs.Mounts.Where(mount => IsNeeded(mount) && !IsThere(container, mount)))
            Add(container, mount);
    }

    /// <summary>The mounts that one container still lacks.</summary>
    public IReadOnlyList<NeededMount> Missing(string containerName, RestoreNeeds needs) => pod.FindContainer(containerName) is { } container
        ? [.. needs.Mounts.Where(mount => IsNeeded(mount) && !IsThere(container, mount))]
        : [];

    /// <summary>
    /// A mount from the node that the pod does not define, from a device plugin for example, may be added by containerd again; CRI-O requires
    /// that the pod has it.
    /// </summary>
    private bool IsNeeded(NeededMount mount) => mount.Origin != MountOrigin.Node || runtime == CheckpointEngine.CriO;

    private bool IsThere(JsonObject container, NeededMount mount) =>
        MountsOf(container).Contains(mount.MountPath)
        || (mount.Origin == MountOrigin.TerminationMessage && (container.Text("terminationMessagePath") ?? DefaultTerminationPath) == mount.MountPath)

        // Admission mounts the token again unless it is told not to.
        || (mount.MountPath == TokenPath && pod.Spec.Flag("automountServiceAccountToken") == true);

    private void Add(JsonObject container, NeededMount mount)
    {
        if (mount.MountPath == TokenPath)
            pod.Spec["automountServiceAccountToken"] = true;
        else if (mount.Origin == MountOrigin.TerminationMessage)
            container["terminationMessagePath"] = mount.MountPath;
        else if (mount.Origin != MountOrigin.SubPath && mount.VolumeName is { } name && HasVolume(name))
            Mount(container, name, mount.MountPath);
        else if (mount.Origin == MountOrigin.EmptyDir)
            AddEmptyDir(container, mount);
    }

    private void AddEmptyDir(JsonObject container, NeededMount mount)
    {
        // Containers that shared a volume share it again.
        var name = mount.VolumeName ?? NewVolumeName();
        pod.Spec.Append("volumes", new JsonObject { ["name"] = name, ["emptyDir"] = new JsonObject() });
        _volumes.Add(name);
        Mount(container, name, mount.MountPath);
    }

    private string NewVolumeName()
    {
        string name;
        do
        {
            name = $"{VolumePrefix}{++_lastNumber}";
        }
        while (HasVolume(name));
        return name;
    }

    private bool HasVolume(string name) => _volumes.Contains(name);

    private void Mount(JsonObject container, string volume, string path)
    {
        container.Append("volumeMounts", new JsonObject { ["name"] = volume, ["mountPath"] = path });
        MountsOf(container).Add(path);
    }

    private HashSet<string> MountsOf(JsonObject container)
    {
        if (!_mounts.TryGetValue(container, out var paths))
        {
            paths = [.. container.Objects("volumeMounts").Select(given => Normal(given.Text("mountPath"))).OfType<string>()];
            _mounts[container] = paths;
        }
        return paths;
    }

    private static string? Normal(string? path) => path is { Length: > 1 } ? path.TrimEnd('/') : path;
}

using System.Text.Json.Nodes;

namespace KubeCheckpoint.Cluster;

/// <summary>
/// Holds a pod's mounts against those its containers had. CRI-O refuses a pod that lacks one, containerd hands it to CRIU, which fails
/// without a word. What can be made up for is added; what cannot is named before the pod is made.
/// </summary>
internal sealed class MountCompletion(JsonObject spec, CheckpointEngine? runtime)
{
    private const string TokenPath = "/var/run/secrets/kubernetes.io/serviceaccount";
    private const string VolumePrefix = "kubecheckpoint-mount-";
    private const string DefaultTerminationPath = "/dev/termination-log";

    /// <summary>Adds what can be added for one container.</summary>
    public void Complete(string containerName, RestoreNeeds needs)
    {
        if (Find(containerName) is not { } container) return;
        foreach (var mount in needs.Mounts.Where(mount => IsNeeded(mount) && !IsThere(container, mount))) Add(container, mount);
    }

    /// <summary>The mounts that one container still lacks.</summary>
    public IReadOnlyList<NeededMount> Missing(string containerName, RestoreNeeds needs) => Find(containerName) is { } container
        ? [.. needs.Mounts.Where(mount => IsNeeded(mount) && !IsThere(container, mount))]
        : [];

    private JsonObject? Find(string name) => spec.Containers().FirstOrDefault(container => container.Word("name") == name);

    /// <summary>
    /// What came from the node by another way than the pod's, through a device plugin for example, containerd may bring again; CRI-O insists
    /// that the pod has it.
    /// </summary>
    private bool IsNeeded(NeededMount mount) => mount.Origin != MountOrigin.Node || runtime == CheckpointEngine.CriO;

    private bool IsThere(JsonObject container, NeededMount mount) =>
        container.Objects("volumeMounts").Any(given => Normal(given.Word("mountPath")) == mount.MountPath)
        || (mount.Origin == MountOrigin.TerminationMessage && (container.Word("terminationMessagePath") ?? DefaultTerminationPath) == mount.MountPath)

        // Admission mounts the token again unless it is told not to.
        || (mount.MountPath == TokenPath && spec.Flag("automountServiceAccountToken") == true);

    private void Add(JsonObject container, NeededMount mount)
    {
        if (mount.MountPath == TokenPath) spec["automountServiceAccountToken"] = true;
        else if (mount.Origin == MountOrigin.TerminationMessage) container["terminationMessagePath"] = mount.MountPath;
        else if (mount.Origin != MountOrigin.SubPath && mount.VolumeName is { } name && HasVolume(name)) Mount(container, name, mount.MountPath);
        else if (mount.Origin == MountOrigin.EmptyDir) AddEmptyDir(container, mount);
    }

    private void AddEmptyDir(JsonObject container, NeededMount mount)
    {
        // Containers that shared a folder share it again.
        var name = mount.VolumeName ?? NewVolumeName();
        spec.Append("volumes", new JsonObject { ["name"] = name, ["emptyDir"] = new JsonObject() });
        Mount(container, name, mount.MountPath);
    }

    private string NewVolumeName() => Enumerable.Range(1, int.MaxValue).Select(number => $"{VolumePrefix}{number}").First(name => !HasVolume(name));

    private bool HasVolume(string name) => spec.Objects("volumes").Any(volume => volume.Word("name") == name);

    private static void Mount(JsonObject container, string volume, string path) =>
        container.Append("volumeMounts", new JsonObject { ["name"] = volume, ["mountPath"] = path });

    private static string? Normal(string? path) => path is { Length: > 1 } ? path.TrimEnd('/') : path;
}

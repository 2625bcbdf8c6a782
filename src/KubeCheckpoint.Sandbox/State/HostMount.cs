using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.State;

/// <summary>A hostPath or emptyDir volume, or a file of the node's kernel, as a container sees it.</summary>
/// <param name="MountPath">Its path in the container.</param>
/// <param name="Folder">The folder of this machine that emulates it.</param>
/// <param name="ReadOnly">Whether it is read-only.</param>
internal sealed record HostMount(string MountPath, string Folder, bool ReadOnly)
{
    public static IReadOnlyList<HostMount> Of(JsonObject pod, JsonObject container, NodeState node) =>
    [
        .. container.Items("volumeMounts").Join(
            pod.Items("spec", "volumes").Where(volume => volume["hostPath"] is not null || volume["emptyDir"] is not null),
            mount => mount.Text("name"),
            volume => volume.Text("name"),
            (mount, volume) => new HostMount(
                mount.Text("mountPath").TrimEnd('/'), FolderOf(pod, volume, node), mount.Flag("readOnly"))),
    ];

    /// <summary>The pod's /dev/shm.</summary>
    public static HostMount SharedMemoryOf(JsonObject pod, NodeState node) =>
        new("/dev/shm", node.HostPath(node.SharedMemory(pod.Text("metadata", "uid"))), ReadOnly: false);

    /// <summary>The file on this machine of a file in a container's volumes; null if it is in none.</summary>
    public static FileInfo? FileOf(JsonObject pod, JsonObject container, NodeState node, string path) =>
        new List<HostMount>([.. Of(pod, container, node), SharedMemoryOf(pod, node)])
            .Find(mount => path.StartsWith(mount.MountPath + "/", StringComparison.Ordinal)) is { } found
            ? new FileInfo(Path.Join(found.Folder, path[found.MountPath.Length..]))
            : null;

    private static string FolderOf(JsonObject pod, JsonObject volume, NodeState node) => volume["emptyDir"] is null
        ? node.HostPath(volume.Text("hostPath", "path").TrimEnd('/'))
        : node.EmptyDir(pod.Text("metadata", "uid"), volume.Text("name"));

    /// <summary>Replaces the mount path in an argument by the folder, unless it is part of another path.</summary>
    public string Translate(string argument) => Regex.Replace(
        argument, $"(?<![A-Za-z0-9_./-]){Regex.Escape(MountPath)}(?![A-Za-z0-9_.-])", Folder.Replace("$", "$$", StringComparison.Ordinal));
}

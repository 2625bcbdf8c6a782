using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.State;

/// <summary>A hostPath volume, or a file of the node's kernel, as a container sees it.</summary>
/// <param name="MountPath">Where the container has it.</param>
/// <param name="Folder">The folder of this machine that stands for it.</param>
/// <param name="ReadOnly">Whether the container may only read.</param>
internal sealed record HostMount(string MountPath, string Folder, bool ReadOnly)
{
    public static IReadOnlyList<HostMount> Of(JsonObject pod, JsonObject container, NodeState node) =>
    [
        .. container.Items("volumeMounts").Join(
            pod.Items("spec", "volumes").Where(volume => volume["hostPath"] is not null),
            mount => mount.Text("name"),
            volume => volume.Text("name"),
            (mount, volume) => new HostMount(
                mount.Text("mountPath").TrimEnd('/'), node.HostPath(volume.Text("hostPath", "path").TrimEnd('/')), mount.Flag("readOnly"))),
    ];

    /// <summary>An argument with the mount path, where it stands as a path of its own, replaced by the folder.</summary>
    public string Translate(string argument) => Regex.Replace(
        argument, $"(?<![A-Za-z0-9_./-]){Regex.Escape(MountPath)}(?![A-Za-z0-9_.-])", Folder.Replace("$", "$$", StringComparison.Ordinal));
}

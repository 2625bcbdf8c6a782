using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Volumes;

/// <summary>
/// The init container that receives the content of volumes before the restored containers start. It is the last init container, or the last one
/// before a restored sidecar: the others run again, and would change what it has received. It waits for a mark in a volume of its own, which is
/// still there when the node restarts the pod.
/// </summary>
internal static class VolumeContainer
{
    /// <summary>The name of the container and of its volume.</summary>
    public const string Name = "kubecheckpoint-volumes";

    /// <summary>Where it mounts the volumes, by their place in the list.</summary>
    private const string MountFolder = "/kubecheckpoint";

    private const string MarkFolder = $"{MountFolder}/mark";

    /// <summary>The file that ends the wait.</summary>
    public const string Mark = $"{MarkFolder}/done";

    /// <summary>Five minutes without a command in the container end the wait: the client has died.</summary>
    private const string Wait =
        $"n=0; while [ ! -e {Mark} ]; do sleep 1; set -- /proc/[0-9]*; if [ \"$#\" -gt 2 ]; then n=0; else n=$((n+1)); fi; "
        + "[ \"$n\" -lt 300 ] || { echo 'The content of the volumes did not arrive.' >&2; exit 1; }; done";

    /// <summary>What root needs to give files their owners and modes. The pod security standard baseline allows these.</summary>
    private static readonly string[] Capabilities = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "SETFCAP", "MKNOD"];

    /// <summary>The path of a volume in the container.</summary>
    public static string PathOf(CheckpointVolume volume, int index) =>
        volume.Kind == CheckpointVolumeKind.SharedMemory ? SharedMemory.MountPath : $"{MountFolder}/{index}";

    /// <summary>Adds the container to a pod.</summary>
    /// <param name="pod">The pod, which is changed.</param>
    /// <param name="volumes">The volumes to put back.</param>
    /// <param name="restored">The names of the containers that are restored.</param>
    /// <param name="options">The image and its pull policy.</param>
    public static void Add(PodDocument pod, IReadOnlyList<CheckpointVolume> volumes, IReadOnlyCollection<string> restored, ArchiveTransferOptions options)
    {
        var mounts = new JsonArray(Mount(Name, MarkFolder));
        for (var index = 0; index < volumes.Count; index++)
        {
            if (volumes[index].Kind == CheckpointVolumeKind.EmptyDir)
                mounts.Add(Mount(volumes[index].Name, PathOf(volumes[index], index)));
        }

        pod.Spec.Append("volumes", new JsonObject { ["name"] = Name, ["emptyDir"] = new JsonObject() });
        var container = new JsonObject
        {
            ["name"] = Name,
            ["image"] = options.Image,
            ["imagePullPolicy"] = options.PullPolicy,
            ["command"] = new JsonArray("sh", "-c", Wait),
            // Quotas and limit ranges allow these, and the pod keeps its class of quality of service. Files in memory count against the limit of the
            // container that writes them.
            ["resources"] = PlainResources.Of(pod.Containers.FirstOrDefault(other => restored.Contains(other.Text("name") ?? ""))),
            ["volumeMounts"] = mounts,
            ["securityContext"] = SecurityContext(),
        };
        var inits = pod.Spec["initContainers"] as JsonArray ?? [];
        var place = inits.OfType<JsonObject>().TakeWhile(init => !restored.Contains(init.Text("name") ?? "")).Count();
        inits.Insert(place, container);
        pod.Spec["initContainers"] = inits;
    }

    /// <summary>Removes the container of an earlier restore: nothing would end its wait.</summary>
    public static void Remove(PodDocument pod)
    {
        foreach (var list in (string[])["initContainers", "volumes"])
        {
            foreach (var item in pod.Spec.Objects(list).Where(item => item.Text("name") == Name).ToList())
                pod.Spec[list]!.AsArray().Remove(item);
        }
    }

    /// <summary>Whether a pod has the container.</summary>
    public static bool IsIn(PodDocument pod) => pod.FindContainer(Name) is not null;

    /// <summary>Whether the container runs, or has run.</summary>
    public static bool HasStarted(Pod pod) =>
        pod.Containers.Any(container => container.Name == Name && container.State is ContainerState.Running or ContainerState.Terminated);

    private static JsonObject Mount(string volume, string path) => new() { ["name"] = volume, ["mountPath"] = path };

    /// <summary>
    /// Root with nothing but what tar needs. The pod may forbid root: the container's own settings take precedence. Its file system is read-only.
    /// </summary>
    private static JsonObject SecurityContext() => new()
    {
        ["runAsUser"] = 0,
        ["runAsGroup"] = 0,
        ["runAsNonRoot"] = false,
        ["privileged"] = false,
        ["allowPrivilegeEscalation"] = false,
        ["readOnlyRootFilesystem"] = true,
        ["capabilities"] = new JsonObject
        {
            ["drop"] = new JsonArray("ALL"),
            ["add"] = new JsonArray([.. Capabilities.Select(name => (JsonNode)name)]),
        },
        ["seccompProfile"] = new JsonObject { ["type"] = "RuntimeDefault" },
    };
}

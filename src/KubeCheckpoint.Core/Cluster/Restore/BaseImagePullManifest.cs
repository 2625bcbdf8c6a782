using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Ownership;
using KubeCheckpoint.Cluster.Pods;

namespace KubeCheckpoint.Cluster.Restore;

/// <summary>
/// The pod that pulls images: scheduled as the restored pod will be, with its service account and pull secrets, and one container for each
/// image. The containers run nothing: their command does not exist, and the pull comes first. The pod meets the pod security standard
/// <c>restricted</c>, and requests the resources of the restored container, which quotas and limit ranges allow.
/// </summary>
internal static class BaseImagePullManifest
{
    /// <summary>A program that no image contains.</summary>
    private const string Nothing = "/.kubecheckpoint/pull-only";

    private const int NobodysId = 65534;

    private static readonly string[] AsThePod =
    [
        "nodeName", "nodeSelector", "affinity", "tolerations", "serviceAccountName", "imagePullSecrets", "schedulerName", "priorityClassName",
        "runtimeClassName", "os",
    ];

    /// <param name="name">Its name.</param>
    /// <param name="pod">The pod to restore.</param>
    /// <param name="images">The images, each with the container that needs it.</param>
    /// <param name="deadline">How long it may run.</param>
    /// <param name="owner">Who owns it.</param>
    public static PodDocument Build(
        string name, PodDocument pod, IReadOnlyList<(string Container, string Image)> images, TimeSpan deadline, ObjectOwner owner)
    {
        var spec = pod.Spec;
        var own = new JsonObject
        {
            ["restartPolicy"] = "Never",
            ["activeDeadlineSeconds"] = Math.Max(30, (long)deadline.TotalSeconds),
            ["terminationGracePeriodSeconds"] = 0,
            ["automountServiceAccountToken"] = false,
            ["enableServiceLinks"] = false,
            ["containers"] = new JsonArray([.. images
                .Select((image, index) => (JsonNode)Container(index, image.Image, PlainResources.Of(pod.FindContainer(image.Container))))]),
        };
        foreach (var field in AsThePod.Where(spec.ContainsKey))
            own[field] = spec[field]?.DeepClone();

        // Claims tie a pod to nodes that can reach their volumes; nothing is mounted.
        var claims = pod.Volumes.Where(volume => volume.ContainsKey("persistentVolumeClaim")).Select(volume => volume.DeepClone()).ToArray();
        if (claims.Length > 0)
            own["volumes"] = new JsonArray(claims);
        var metadata = new JsonObject
        {
            ["name"] = name,
            ["namespace"] = pod.Namespace,
        };
        OwnerMarks.Add(metadata, owner.OwnLabels(OwnerRole.Pull), owner.Annotations(2 * deadline));
        return new(metadata, own);
    }

    private static JsonObject Container(int index, string image, JsonObject resources) => new JsonObject
    {
        ["name"] = $"image-{index + 1}",
        ["image"] = image,
        ["imagePullPolicy"] = "IfNotPresent",
        ["command"] = new JsonArray(Nothing),
        ["resources"] = resources,
        ["securityContext"] = new JsonObject
        {
            ["runAsNonRoot"] = true,
            ["runAsUser"] = NobodysId,
            ["allowPrivilegeEscalation"] = false,
            ["capabilities"] = new JsonObject { ["drop"] = new JsonArray("ALL") },
            ["seccompProfile"] = new JsonObject { ["type"] = "RuntimeDefault" },
        },
    };
}

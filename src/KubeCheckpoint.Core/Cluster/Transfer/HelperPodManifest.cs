using System.Text.Json.Nodes;

namespace KubeCheckpoint.Cluster;

/// <summary>
/// The helper pod: bound to one node, sees one folder of it, has no rights in the cluster and ends by itself.
/// </summary>
internal static class HelperPodManifest
{
    /// <summary>Where the node's folder is seen in the pod.</summary>
    public const string MountPath = "/checkpoints";

    public const string ContainerName = "transfer";

    public static string Build(string name, string node, string folder, ArchiveTransferOptions options)
    {
        var seconds = Math.Max(60, (long)options.Deadline.TotalSeconds);
        return new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Pod",
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["labels"] = new JsonObject { ["app.kubernetes.io/name"] = "kubecheckpoint", ["app.kubernetes.io/component"] = "transfer" },
            },
            ["spec"] = new JsonObject
            {
                ["nodeName"] = node,
                ["restartPolicy"] = "Never",
                ["activeDeadlineSeconds"] = seconds,
                ["terminationGracePeriodSeconds"] = 0,
                ["automountServiceAccountToken"] = false,
                ["enableServiceLinks"] = false,
                ["tolerations"] = new JsonArray(new JsonObject { ["operator"] = "Exists" }),
                ["containers"] = new JsonArray(Container(seconds, options)),
                ["volumes"] = new JsonArray(new JsonObject
                {
                    ["name"] = "checkpoints",
                    ["hostPath"] = new JsonObject { ["path"] = folder, ["type"] = "Directory" },
                }),
            },
        }.ToJsonString();
    }

    private static JsonObject Container(long seconds, ArchiveTransferOptions options) => new()
    {
        ["name"] = ContainerName,
        ["image"] = options.Image,
        ["imagePullPolicy"] = options.PullPolicy,
        ["command"] = new JsonArray("sh", "-c", $"sleep {seconds} || busybox sleep {seconds}"),
        ["resources"] = new JsonObject
        {
            ["requests"] = new JsonObject { ["cpu"] = "10m", ["memory"] = "16Mi" },
        },
        ["securityContext"] = new JsonObject
        {
            // The folder is root's alone (0700), and the archives in it are 0600.
            ["runAsUser"] = 0,
            ["runAsNonRoot"] = false,
            ["privileged"] = false,
            ["allowPrivilegeEscalation"] = false,
            ["readOnlyRootFilesystem"] = true,
            ["capabilities"] = new JsonObject { ["drop"] = new JsonArray("ALL") },

            // SELinux keeps containers away from the kubelet's files unless they are of this type; other nodes ignore it.
            ["seLinuxOptions"] = new JsonObject { ["type"] = "spc_t" },
        },
        ["volumeMounts"] = new JsonArray(new JsonObject
        {
            ["name"] = "checkpoints",
            ["mountPath"] = MountPath,
            ["readOnly"] = !options.RemoveSource,
        }),
    };
}

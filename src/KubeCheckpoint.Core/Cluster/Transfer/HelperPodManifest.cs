using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Connections;

namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>
/// The manifest of a helper pod: bound to one node, with the folders of its role, no permissions in the cluster, and a deadline.
/// </summary>
internal static class HelperPodManifest
{
    /// <summary>Where the pod mounts the folder of the node.</summary>
    public const string MountPath = "/checkpoints";

    public const string ContainerName = "transfer";

    public static string Build(string name, string node, HelperRole role, ArchiveTransferOptions options)
    {
        var seconds = Math.Max(60, (long)options.Deadline.TotalSeconds);
        return new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Pod",
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["labels"] = WellKnownNames.Labels(role.Component),
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
                ["containers"] = new JsonArray(Container(seconds, role, options)),
                ["volumes"] = new JsonArray([.. role.Folders.Select(folder => new JsonObject
                {
                    ["name"] = folder.VolumeName,
                    ["hostPath"] = new JsonObject { ["path"] = folder.HostPath, ["type"] = "Directory" },
                })]),
            },
        }.ToJsonString();
    }

    private static JsonObject Container(long seconds, HelperRole role, ArchiveTransferOptions options)
    {
        var container = new JsonObject
        {
            ["name"] = ContainerName,
            ["image"] = options.Image,
            ["imagePullPolicy"] = options.PullPolicy,
            ["command"] = new JsonArray("sh", "-c", role.Script ?? $"sleep {seconds} || busybox sleep {seconds}"),
            ["resources"] = new JsonObject
            {
                ["requests"] = new JsonObject { ["cpu"] = "10m", ["memory"] = "16Mi" },
            },
            ["volumeMounts"] = new JsonArray([.. role.Folders.Select(folder => new JsonObject
            {
                ["name"] = folder.VolumeName,
                ["mountPath"] = folder.MountPath,
                ["readOnly"] = folder.IsReadOnly,
            })]),
        };
        if (role.Script is null)
            container["securityContext"] = SecurityContext(role);
        return container;
    }

    private static JsonObject SecurityContext(HelperRole role)
    {
        var context = new JsonObject
        {
            // Only root may read the folder (0700) and the archives in it (0600).
            ["runAsUser"] = 0,
            ["runAsNonRoot"] = false,
            ["privileged"] = false,
            ["allowPrivilegeEscalation"] = false,
            ["readOnlyRootFilesystem"] = true,
            ["capabilities"] = new JsonObject { ["drop"] = new JsonArray("ALL") },
        };

        // SELinux lets only containers of this type read the node's files; nodes without SELinux ignore it.
        if (role.Folders.Count > 0)
            context["seLinuxOptions"] = new JsonObject { ["type"] = "spc_t" };
        return context;
    }
}

using k8s.Models;
using KubeCheckpoint.Cluster.Objects;
using KubeCheckpoint.Cluster.Ownership;

namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>
/// The manifest of a helper pod: bound to one node, with the folders of its role, no permissions in the cluster, and a deadline.
/// </summary>
internal static class HelperPodManifest
{
    /// <summary>Where the pod mounts the folder of the node.</summary>
    public const string MountPath = "/checkpoints";

    public const string ContainerName = "transfer";

    public static string Build(string name, string node, HelperRole role, ArchiveTransferOptions options, ObjectOwner owner)
    {
        var seconds = Math.Max(60, (long)options.Deadline.TotalSeconds);
        return OwnObject.ToJson(new V1Pod
        {
            Metadata = new()
            {
                Name = name,
                Labels = owner.OwnLabels(role.Component),
                Annotations = Annotations(role, owner.Annotations(TimeSpan.FromSeconds(seconds) + HelperPod.StartLimit)),
            },
            Spec = new()
            {
                NodeName = node,
                RestartPolicy = role.Main is null ? "Never" : "OnFailure",
                ActiveDeadlineSeconds = seconds,
                TerminationGracePeriodSeconds = 0,
                HostPID = SeesProcesses(role) ? true : null,
                AutomountServiceAccountToken = false,
                EnableServiceLinks = false,
                Tolerations = [new() { OperatorProperty = "Exists" }],
                Containers = [Container(name, role, options)],
                Volumes = [.. role.Folders.Select(folder => new V1Volume
                {
                    Name = folder.VolumeName,
                    HostPath = new() { Path = folder.HostPath, Type = folder.IsCreated ? "DirectoryOrCreate" : "Directory" },
                })],
            },
        }).ToJsonString();
    }

    private static Dictionary<string, string> Annotations(HelperRole role, Dictionary<string, string> ofOwner)
    {
        if (role.RemovesClaims)
            ofOwner[OwnerMarks.Claims] = "true";
        return ofOwner;
    }

    private static V1Container Container(string name, HelperRole role, ArchiveTransferOptions options) => new()
    {
        Name = ContainerName,
        Image = options.Image,
        ImagePullPolicy = options.PullPolicy,
        Command = ["sh", "-c", role.Script ?? role.Main ?? HelperLife.Script(role.RemovesClaims ? name : null, SeesProcesses(role))],
        Env = role.Functions is null ? null : [new() { Name = HelperRole.FunctionsVariable, Value = Escaped(role.Functions) }],
        Resources = new() { Requests = new Dictionary<string, ResourceQuantity> { ["cpu"] = new("10m"), ["memory"] = new("16Mi") } },
        VolumeMounts = [.. role.Folders.Select(folder => new V1VolumeMount
        {
            Name = folder.VolumeName,
            MountPath = folder.MountPath,
            ReadOnlyProperty = folder.IsReadOnly,
        })],
        SecurityContext = role.EntersHost ? Privileged() : role.Script is null ? SecurityContext(role) : null,
    };

    /// <summary>Kubernetes replaces <c>$(NAME)</c> in values, and reads <c>$$</c> as <c>$</c>.</summary>
    private static string Escaped(string value) => value.Replace("$", "$$", StringComparison.Ordinal);

    private static V1SecurityContext Privileged() => new() { RunAsUser = 0, RunAsNonRoot = false, Privileged = true, ReadOnlyRootFilesystem = true };

    private static V1SecurityContext SecurityContext(HelperRole role) => new()
    {
        // Only root may read the folder (0700) and the archives in it (0600).
        RunAsUser = 0,
        RunAsNonRoot = false,
        Privileged = false,
        AllowPrivilegeEscalation = false,
        ReadOnlyRootFilesystem = true,
        Capabilities = new() { Drop = ["ALL"], Add = role.Capabilities.Count > 0 ? [.. role.Capabilities] : null },

        // SELinux lets only containers of this type read the node's files and processes; nodes without SELinux ignore it.
        // Default profiles let a container read only processes with the same profile.
        AppArmorProfile = role.SharesProcessIds ? new() { Type = "Unconfined" } : null,
        SeLinuxOptions = role.Folders.Count > 0 || role.SharesProcessIds ? new() { Type = "spc_t" } : null,
    };

    private static bool SeesProcesses(HelperRole role) => role.EntersHost || role.SharesProcessIds;
}

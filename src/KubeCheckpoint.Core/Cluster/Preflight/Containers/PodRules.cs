using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Preflight.Checks;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Preflight.Containers;

/// <summary>The manifest of a running pod.</summary>
/// <param name="Pod">The manifest.</param>
/// <param name="Container">One of its containers.</param>
internal sealed record PodFacts(PodDocument Pod, JsonObject Container);

/// <summary>All rules for the manifests of running pods. "Tried" are restores on the same node and on another one, by CRI-O 1.37 and containerd 2.3.</summary>
internal static class PodRules
{
    private const SupportScope Scope = SupportScope.Restore;

    /// <summary>Those for the volumes that a container mounts.</summary>
    public static IReadOnlyList<ContainerRule<PodFacts>> OfContainers { get; } =
    [
        new("EmptyDirs", Scope, "a checkpoint does not contain the content of emptyDir volumes",
            "Save-CheckpointArchive -IncludeVolumes keeps it, and Restore-Pod puts it back.",
            "Kubernetes, kubelet checkpoint API; tried", facts => Mounts(facts, "emptyDir", _ => ""))
        { IsWarning = true },
        new("HostPaths", Scope, "folders of its node, which are not in a checkpoint: the new pod gets those of its own node, as they are then",
            PodAdvice.HavePaths,
            "criu/files-reg.c, validate_file; tried", facts => Mounts(facts, "hostPath", source => $"{source.Text("path")} at "))
        { IsWarning = true },
        new("NewVolumes", Scope, "volumes that are created again for each pod, and start empty or as their driver makes them",
            "Have the program close its files there, and copy the content yourself; an emptyDir volume can be carried (-IncludeVolumes).",
            "Kubernetes, ephemeral volumes",
            facts => [.. Mounts(facts, "ephemeral", _ => ""), .. Mounts(facts, "csi", source => $"{source.Text("driver")} at ")])
        { IsWarning = true },
    ];

    /// <summary>Those for the pod as a whole.</summary>
    public static IReadOnlyList<ContainerRule<PodDocument>> OfPods { get; } =
    [
        new("HostNetwork", Scope, PodAdvice.HostNetwork,
            PodAdvice.FreeHostNetwork,
            "criu/sk-inet.c, open_inet_sk; tried", pod => If(pod.UsesHostNetwork))
        { IsWarning = true },
        new("HostProcessIds", Scope, "the pod uses the process IDs of its node (hostPID), and a restore needs the same ones, which other processes have",
            "Run the pod without hostPID.",
            "criu/cr-restore.c, fork_with_pid: File exists; CRI-O: Unable to find an external pidns; tried", pod => If(pod.Spec.Flag("hostPID") == true)),
        new("HostIpc", Scope, "the pod uses the System V objects and message queues of its node (hostIPC), which a checkpoint does not contain",
            "Restore on the same node while they exist, or run the pod without hostIPC.",
            "criu/namespaces.c, dump_namespaces; tried without such objects", pod => If(pod.Spec.Flag("hostIPC") == true))
        { IsWarning = true },
        new("SharedProcessIds", Scope, "the containers share process IDs (shareProcessNamespace), and a restore needs those of the checkpoint",
            "Restore all containers of the pod together: one that starts anew may take the process IDs of another.",
            "criu/cr-restore.c, fork_with_pid; tried with one container", pod => If(pod.Spec.Flag("shareProcessNamespace") == true))
        { IsWarning = true },
        new("EphemeralContainers", Scope, "ephemeral containers are not restored",
            "None for the pod itself. End debuggers before the checkpoint: CRIU cannot dump what they trace.",
            "Kubernetes, ephemeral containers are no part of a new pod",
            pod => pod.Spec.Objects("ephemeralContainers").Select(container => Shown(container.Text("name"))))
        { IsWarning = true },
    ];

    private static IEnumerable<string> If(bool condition) => condition ? [""] : [];

    /// <summary>Where the container mounts the volumes of a kind, after what the kind's source says.</summary>
    private static IEnumerable<string> Mounts(PodFacts facts, string kind, Func<JsonObject, string> describe) => facts.Container.Objects("volumeMounts").Join(
        facts.Pod.Volumes.Where(volume => volume.Object(kind) is not null),
        mount => mount.Text("name"),
        volume => volume.Text("name"),
        (mount, volume) => Shown(describe(volume.Object(kind)!) + mount.Text("mountPath")));

    private static string Shown(string? text) => TerminalText.Excerpt(text ?? "");
}

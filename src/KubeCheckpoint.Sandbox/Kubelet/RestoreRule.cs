using System.Security.Cryptography;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.State;

namespace KubeCheckpoint.Sandbox.Kubelet;

/// <summary>Decides as CRI-O 1.36 and containerd 2.1 do whether a container starts from an image, in their words.</summary>
internal static class RestoreRule
{
    private const string CriOAnnotation = "io.kubernetes.cri-o.annotations.checkpoint.name";
    private const string ContainerdAnnotation = "org.criu.checkpoint.container.name";
    private const string RestoreFailed =
        "failed to restore containerd task: failed to create shim task: OCI runtime restore failed: criu failed: type RESTORE errno 0";

    // What CRI-O provides itself and does not ask of the new pod.
    private static readonly string[] RuntimeMounts =
    [
        "/proc", "/dev", "/dev/pts", "/dev/mqueue", "/sys", "/sys/fs/cgroup", "/dev/shm", "/etc/resolv.conf", "/etc/hostname",
        "/etc/passwd", "/etc/group", "/run/secrets", "/run/.containerenv",
    ];

    public static StartResult Decide(NodeState node, PulledImage image, JsonObject container, string containerId) =>
        node.Definition.Runtime == SandboxRuntime.CriO
            ? CriO(node, image, container, containerId)
            : Containerd(node, image, container, containerId);

    private static StartResult CriO(NodeState node, PulledImage image, JsonObject container, string containerId)
    {
        // Read only where the reference points at a plain OCI manifest: Docker's has no annotations, an index is not looked into.
        if (image.MediaType != PulledImage.OciManifest || !image.TopAnnotations.ContainsKey(CriOAnnotation))
        {
            return Ordinary(image, container, "no command specified");
        }

        if (node.Restore == RestoreBehaviour.Disabled)
        {
            return StartResult.NotCreated("checkpoint restore via CreateContainer is disabled by configuration");
        }

        if (!image.IsCheckpoint)
        {
            return StartResult.NotCreated("failed to read \"spec.dump\": open spec.dump: no such file or directory");
        }

        JsonObject spec = image.Members["spec.dump"];
        if (spec.Text("annotations", "io.kubernetes.cri-o.Annotations").Length == 0)
        {
            return StartResult.NotCreated("failed to read \"io.kubernetes.cri-o.Annotations\": unexpected end of JSON input");
        }

        if (!BaseImageIsThere(node, image.Members["config.dump"]))
        {
            return StartResult.NotCreated("image not known");
        }

        List<string> missing = MissingMounts(spec, container);
        return missing.Count == 0
            ? StartResult.Started with { Restored = true }
            : StartResult.NotCreated($"restoring \"{containerId}\" expects following bind mounts defined ({string.Join(',', missing)})");
    }

    private static StartResult Containerd(NodeState node, PulledImage image, JsonObject container, string containerId)
    {
        if (!image.TopAnnotations.ContainsKey(ContainerdAnnotation))
        {
            return Ordinary(image, container, $"failed to generate container \"{containerId}\" spec: failed to generate spec: no command specified");
        }

        if (node.Restore == RestoreBehaviour.Disabled)
        {
            return StartResult.NotCreated("checkpoint restore via CreateContainer is disabled by configuration");
        }

        if (!image.IsCheckpoint || !image.Members.ContainsKey("status.dump"))
        {
            int folder = RandomNumberGenerator.GetInt32(1_000_000_000, int.MaxValue);
            return StartResult.NotCreated($"failed to read \"status.dump\": open /tmp/checkpoint{folder}/status.dump: no such file or directory");
        }

        JsonObject config = image.Members["config.dump"];
        if (!BaseImageIsThere(node, config))
        {
            string reference = config.Text("rootfsImageRef");
            return StartResult.NotCreated(
                $"failed to pull checkpoint base image {reference}: failed to resolve reference \"{reference}\": {reference}: not found");
        }

        return MissingMounts(image.Members["spec.dump"], container).Count == 0
            ? StartResult.Started with { Restored = true }
            : StartResult.NotRun(RestoreFailed);
    }

    private static StartResult Ordinary(PulledImage image, JsonObject container, string withoutCommand)
    {
        string command = container["command"] is JsonArray { Count: > 0 } words ? words[0]!.GetValue<string>() : "";
        if (!image.HasCommand && command.Length == 0)
        {
            return StartResult.NotCreated(withoutCommand);
        }

        // An archive as the root filesystem holds no program that could be started.
        return image.IsCheckpoint
            ? StartResult.NotRun(
                "runc create failed: unable to start container process: error during container init: "
                + $"exec: \"{command}\": stat {command}: no such file or directory")
            : StartResult.Started;
    }

    private static bool BaseImageIsThere(NodeState node, JsonObject config) =>
        node.Restore != RestoreBehaviour.BaseImageMissing
        && (NodeManifest.PresentImages.ContainsKey(config.Text("rootfsImageName")) || NodeManifest.PresentImages.Values.Contains(config.Text("rootfsImageRef")));

    private static List<string> MissingMounts(JsonObject spec, JsonObject container)
    {
        HashSet<string> given =
        [
            .. container.Items("volumeMounts").Select(mount => mount.Text("mountPath").TrimEnd('/')),
            "/etc/hosts",
            container.Text("terminationMessagePath"),
        ];
        return
        [
            .. spec.Items("mounts").Select(mount => mount.Text("destination"))
                .Where(destination => !RuntimeMounts.Contains(destination) && !given.Contains(destination)),
        ];
    }
}

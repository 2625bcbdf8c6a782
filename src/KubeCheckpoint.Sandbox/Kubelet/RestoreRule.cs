using System.Security.Cryptography;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using KubeCheckpoint.Sandbox.State;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.Kubelet;

/// <summary>Decides as CRI-O 1.36 and containerd 2.1 to 2.3 do whether a container starts from an image, with their messages.</summary>
/// <param name="known">The images of other registries, which containerd pulls itself.</param>
/// <param name="node">The node.</param>
/// <param name="writers">The emulated programs, whose files must be as in their checkpoints.</param>
internal sealed partial class RestoreRule(IReadOnlyList<SandboxImage> known, NodeState node, WriterList writers)
{
    private const string CriOAnnotation = "io.kubernetes.cri-o.annotations.checkpoint.name";
    private const string ContainerdAnnotation = "org.criu.checkpoint.container.name";
    private const string RestoreFailed =
        "failed to restore containerd task: failed to create shim task: OCI runtime restore failed: criu failed: type RESTORE errno 0";

    // The mode of the root folder in each runtime's storage, regardless of the image.
    private const uint CriORootMode = 0x416d; // 040555
    private const uint ContainerdRootMode = 0x41ed; // 040755

    // What both provide for every container, under these keys of CRIU.
    private static readonly string[] CommonKeys = ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/dev/shm", "/dev/null"];

    // What CRI-O provides itself and does not require of the new pod.
    private static readonly string[] RuntimeMounts =
    [
        "/proc", "/dev", "/dev/pts", "/dev/mqueue", "/sys", "/sys/fs/cgroup", "/dev/shm", "/etc/resolv.conf", "/etc/hostname",
        "/etc/passwd", "/etc/group", "/run/secrets", "/run/.containerenv",
    ];

    // Since these versions containerd uses the base image on the node; before, it pulled it again.
    private static readonly Version[] LooksFirst = [new(2, 2, 7), new(2, 3, 4)];

    public StartResult Decide(PulledImage image, JsonObject pod, JsonObject container, string containerId) =>
        node.Definition.Runtime == SandboxRuntime.CriO ? CriO(image, pod, container, containerId) : Containerd(image, pod, container, containerId);

    private StartResult CriO(PulledImage image, JsonObject pod, JsonObject container, string containerId)
    {
        // Only read if the reference points at an OCI manifest: Docker's has no annotations, and an index is not followed.
        if (image.MediaType != PulledImage.OciManifest || !image.TopAnnotations.ContainsKey(CriOAnnotation))
            return Ordinary(image, container, "no command specified");
        if (node.Restore == RestoreBehaviour.Disabled)
            return StartResult.NotCreated("checkpoint restore via CreateContainer is disabled by configuration");
        if (!image.IsCheckpoint)
            return StartResult.NotCreated("failed to read \"spec.dump\": open spec.dump: no such file or directory");
        var spec = image.Members["spec.dump"];
        if (spec.Text("annotations", "io.kubernetes.cri-o.Annotations").Length == 0)
            return StartResult.NotCreated("failed to read \"io.kubernetes.cri-o.Annotations\": unexpected end of JSON input");
        var config = image.Members["config.dump"];
        var reference = config.Text("rootfsImageRef");
        if (reference.Length > 0 && !ImageId().IsMatch(reference))
            return StartResult.NotCreated($"invalid RootfsImageRef \"{reference}\": \"{reference}\" is not a valid image ID");

        // CRI-O looks for the image ID, or without one for the name.
        var baseImage = reference.Length > 0 ? reference : config.Text("rootfsImageName");
        if (node.Restore == RestoreBehaviour.BaseImageMissing || !node.Images.Has(baseImage))
            return StartResult.NotCreated("image not known");
        var missing = MissingMounts(spec, container);
        if (missing.Count > 0)
            return StartResult.NotCreated($"restoring \"{containerId}\" expects following bind mounts defined ({string.Join(',', missing)})");
        string[] own = [.. CommonKeys, "/run/.containerenv", .. spec.Items("mounts").Select(mount => mount.Text("destination"))];
        return (CriuError(image.Demands, CriORootMode, own) ?? FileError(image, pod, container)) is { } error
            ? StartResult.NotRun(CriORestoreFailed(containerId, error))
            : StartResult.Started with { Restored = true, IsNameless = !node.Images.HasName(baseImage) };
    }

    private StartResult Containerd(PulledImage image, JsonObject pod, JsonObject container, string containerId)
    {
        if (!image.TopAnnotations.ContainsKey(ContainerdAnnotation))
            return Ordinary(image, container, $"failed to generate container \"{containerId}\" spec: failed to generate spec: no command specified");
        if (node.Restore == RestoreBehaviour.Disabled)
            return StartResult.NotCreated("checkpoint restore via CreateContainer is disabled by configuration");
        if (!image.IsCheckpoint || !image.Members.ContainsKey("status.dump"))
        {
            var folder = RandomNumberGenerator.GetInt32(1_000_000_000, int.MaxValue);
            return StartResult.NotCreated($"failed to read \"status.dump\": open /tmp/checkpoint{folder}/status.dump: no such file or directory");
        }
        var reference = image.Members["config.dump"].Text("rootfsImageRef");
        if (BaseImageFailure(reference) is { } failure)
            return StartResult.NotCreated($"failed to pull checkpoint base image {reference}: {failure}");
        var error = CriuError(image.Demands, ContainerdRootMode, [.. CommonKeys, .. MountsOf(container)]) ?? FileError(image, pod, container);
        return error is null
            ? StartResult.Started with { Restored = true }
            : StartResult.NotRun(RestoreFailed) with { RestoreLog = $"(00.075686) {error}\n(00.076001) Error (criu/cr-restore.c:2331): Restoring FAILED.\n" };
    }

    // containerd does not report it; CRI-O reports the lines with "Error" from CRIU's log.
    private static string? CriuError(CheckpointDemands demands, uint rootMode, IEnumerable<string> sources)
    {
        if (demands.ExternalMounts.Except(sources).Any(key => !key.StartsWith("/sys/fs/cgroup/", StringComparison.Ordinal)))
            return "Error (criu/mount.c:3141): mnt: No mapping for 379:(null) mountpoint";
        if (demands.IsRootAs(rootMode))
            return null;
        var expected = CheckpointDemands.Octal(demands.RootModes.First(mode => mode != rootMode));
        return $"     1: Error (criu/files-reg.c:2294): File . has bad mode {CheckpointDemands.Octal(rootMode)} (expect {expected})";
    }

    // Open files in emptyDir volumes and /dev/shm must be there with the same size.
    private string? FileError(PulledImage image, JsonObject pod, JsonObject container)
    {
        IEnumerable<KeyValuePair<string, long?>> files = image.Demands.Files;
        if (writers.Find(image.Members["config.dump"].Text("id")) is { } writer)
            files = files.Append(new(writer.File, writer.FileLength));
        foreach (var (path, size) in files)
        {
            if (HostMount.FileOf(pod, container, node, path) is not { } file)
                continue;
            if (!file.Exists && !Directory.Exists(file.FullName))
                return $"     1: Error (criu/files-reg.c:2245): Can't open file {path[1..]} on restore: No such file or directory";
            if (file.Exists && size is not null && file.Length != size)
                return $"     1: Error (criu/files-reg.c:2283): File {path[1..]} has bad size {file.Length} (expect {size})";
        }
        return null;
    }

    private static string CriORestoreFailed(string containerId, string error)
    {
        var time = JsonText.Time(DateTimeOffset.UtcNow);
        return $"failed to restore container {containerId}: container restore failed: "
            + $"time=\"{time}\" level=warning msg=\"--- Quoting \\\"/run/containers/storage/overlay-containers/{containerId}/userdata/restore.log\\\"\"\n"
            + $"time=\"{time}\" level=warning msg=\"173:(00.075686) {error}\"\n"
            + $"time=\"{time}\" level=warning msg=\"174:(00.076001) Error (criu/cr-restore.c:2331): Restoring FAILED.\"\n"
            + $"time=\"{time}\" level=warning msg=---\n"
            + $"time=\"{time}\" level=error msg=\"criu failed: type RESTORE errno 0\"\n";
    }

    // containerd does not use pull secrets here.
    private string? BaseImageFailure(string reference)
    {
        if (ImageId().IsMatch(reference))
            return $"failed to resolve reference \"{reference}\": object required";
        if (node.Restore == RestoreBehaviour.BaseImageMissing)
            return $"failed to resolve reference \"{reference}\": {reference}: not found";
        if (LooksAtTheNodeFirst() && node.Images.Has(reference))
            return null;
        if (known.FirstOrDefault(candidate => candidate.IsNamed(reference)) is not { } image)
            return $"failed to resolve reference \"{reference}\": {reference}: not found";
        if (image.PullSecret is not null)
        {
            return $"failed to resolve reference \"{reference}\": pull access denied, repository does not exist or may require authorization: "
                + "authorization failed: no basic auth credentials";
        }
        node.Images.Add(image, reference);
        return null;
    }

    private bool LooksAtTheNodeFirst()
    {
        _ = Version.TryParse(node.Definition.ContainerRuntimeVersion.Split("://")[^1].Split(['-', '+'])[0], out var version);
        return LooksFirst.Any(first => version?.Major == first.Major && version.Minor == first.Minor && version >= first);
    }

    private StartResult Ordinary(PulledImage image, JsonObject container, string withoutCommand)
    {
        var command = container["command"] is JsonArray { Count: > 0 } words ? words[0]!.GetValue<string>() : "";
        if (!image.HasCommand && command.Length == 0)
            return StartResult.NotCreated(withoutCommand);

        // No image of the sandbox has a hidden folder.
        if (command.StartsWith("/.", StringComparison.Ordinal))
            return NotFound(command);

        // A root filesystem made of an archive has no program that could be started.
        return image.IsCheckpoint
            ? StartResult.NotRun(
                "runc create failed: unable to start container process: error during container init: "
                + $"exec: \"{command}\": stat {command}: no such file or directory")
            : StartResult.Started;
    }

    private StartResult NotFound(string command)
    {
        var words = "runc create failed: unable to start container process: error during container init: "
            + $"exec: \"{command}\": stat {command}: no such file or directory";
        if (node.Definition.Runtime != SandboxRuntime.CriO)
            return StartResult.NotRun($"failed to create containerd task: failed to create shim task: OCI runtime create failed: {words}");
        var quoted = words.Replace("\"", "\\\"", StringComparison.Ordinal);
        return StartResult.NotCreated(
            $"container create failed: time=\"{JsonText.Time(DateTimeOffset.UtcNow)}\" level=error msg=\"{quoted}\"\n");
    }

    private static List<string> MissingMounts(JsonObject spec, JsonObject container)
    {
        HashSet<string> given = [.. MountsOf(container), "/etc/hosts"];
        return
        [
            .. spec.Items("mounts").Select(mount => mount.Text("destination"))
                .Where(destination => !RuntimeMounts.Contains(destination) && !given.Contains(destination)),
        ];
    }

    // The mounts that the kubelet adds.
    private static IEnumerable<string> MountsOf(JsonObject container) =>
        container.Items("volumeMounts").Select(mount => mount.Text("mountPath").TrimEnd('/')).Append(container.Text("terminationMessagePath"));

    [GeneratedRegex("^[0-9a-f]{64}$")]
    private static partial Regex ImageId();
}

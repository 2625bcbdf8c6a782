using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.Contents;

namespace KubeCheckpoint.Images.Conversion;

/// <summary>
/// What Podman reads of a checkpoint image (pkg/checkpoint/checkpoint_restore.go, libpod/container_internal_common.go): spec.dump, which
/// becomes that of the container with only the root, the cgroup, the network and Podman's own mounts changed, and config.dump, which must
/// have libpod's format (libpod/container_config.go) and be valid (libpod/container_validate.go).
/// </summary>
internal static partial class PodmanMembers
{
    private const long SharedMemorySize = 65536000; // 64m, containers.conf
    private const uint StopSignal = 15;
    private const uint StopTimeout = 10;
    private const int LongestName = 200;

    public static void Write(ConversionSource source, MountConversion mounts, OverlayWriter overlay)
    {
        var name = NameOf(source.Request.Archive);
        var volumes = PodmanVolumes.Of(source, name, mounts);
        overlay.Add("config.dump", EditableJson.Write(Config(source, name, volumes)));
        overlay.Add("spec.dump", EditableJson.Write(Spec(source, volumes)));
        volumes.Write(overlay);
    }

    /// <summary>The container's name without <c>--name</c>: pod and container, since two pods may have containers of the same name.</summary>
    public static string NameOf(CheckpointArchive archive)
    {
        var full = archive.PodName is null ? archive.RequireContainerName() : $"{archive.PodName}-{archive.ContainerName}";
        var name = Illegal().Replace(full, "-").TrimStart('-', '.', '_');
        return name.Length == 0 ? "restored" : name[..Math.Min(name.Length, LongestName)];
    }

    private static JsonObject Spec(ConversionSource source, PodmanVolumes volumes)
    {
        var spec = (JsonObject)source.Spec.Root.DeepClone();
        spec["root"] = new JsonObject { ["path"] = "rootfs" };
        spec["annotations"] = new JsonObject { ["io.container.manager"] = "libpod" };
        // The paths of bind mounts and namespaces are those of another machine.
        var list = new JsonArray();
        var binds = BindMounts.Of(source.Spec).Select(mount => mount.Path).ToHashSet(StringComparer.Ordinal);
        foreach (var mount in source.Spec.ObjectsOf(spec["mounts"], "mounts").Where(mount => !binds.Contains((string?)mount["destination"] ?? "")))
            list.Add(mount.DeepClone());
        foreach (var mount in volumes.ToMounts())
            list.Add((JsonNode)mount);
        spec["mounts"] = list;
        if (source.Spec.ObjectOf(spec["linux"], "linux") is { } linux)
        {
            foreach (var one in source.Spec.ObjectsOf(linux["namespaces"], "linux.namespaces"))
                one.Remove("path");
            linux.Remove("cgroupsPath");
        }
        return spec;
    }

    private static JsonObject Config(ConversionSource source, string name, PodmanVolumes volumes)
    {
        var process = source.Spec.Object("process");
        var config = new JsonObject
        {
            ["id"] = source.Config.Text("id"),
            ["name"] = name,
            ["lockID"] = 0,
            ["RawImageName"] = source.Base.Name,
            ["idMappingsOptions"] = new JsonObject { ["HostUIDMapping"] = true, ["HostGIDMapping"] = true },
            ["rootfsImageID"] = source.Base.Id,
            ["rootfsImageName"] = source.Base.Name,
            ["shmSize"] = SharedMemorySize,
            ["staticDir"] = "",
            ["secretsPath"] = "",
            ["storageOpts"] = null,
            ["createNetNS"] = true,
            ["newNetworks"] = new JsonObject { ["podman"] = new JsonObject { ["interface_name"] = "eth0" } },
            ["networkMode"] = "bridge",
            ["command"] = process?["args"]?.DeepClone() as JsonArray ?? [],
            ["entrypoint"] = new JsonArray(),
            ["stopSignal"] = StopSignal,
            ["stopTimeout"] = StopTimeout,
            ["createdTime"] = source.Config.Text("createdTime"),
            ["cgroupsMode"] = "enabled",
            ["cgroupParent"] = "",
            ["logPath"] = "",
            ["logDriver"] = "k8s-file",
            ["runtime"] = OciRuntimeName.Of(source),
        };
        if (UserOf(source, process) is { } user)
            config["user"] = user;
        if (source.Spec.TextOf(process?["selinuxLabel"], "process.selinuxLabel") is { } label)
            config["ProcessLabel"] = label;
        if (source.Spec.TextOf(source.Spec.Object("linux")?["mountLabel"], "linux.mountLabel") is { } mountLabel)
            config["MountLabel"] = mountLabel;
        if (volumes.ToConfig() is { Count: > 0 } named)
        {
            config["namedVolumes"] = named;
            config["userVolumes"] = volumes.ToPaths();
        }
        return config;
    }

    // Podman requires the user in both places, unless it is root.
    private static string? UserOf(ConversionSource source, JsonObject? process)
    {
        var user = source.Spec.ObjectOf(process?["user"], "process.user");
        var (id, group) = (source.Spec.NumberOf(user?["uid"], "process.user.uid"), source.Spec.NumberOf(user?["gid"], "process.user.gid"));
        return id == 0 && group == 0 ? null : $"{id}:{group}";
    }

    [GeneratedRegex("[^A-Za-z0-9_.-]")]
    private static partial Regex Illegal();
}

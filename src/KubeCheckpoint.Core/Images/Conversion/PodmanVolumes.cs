using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace KubeCheckpoint.Images.Conversion;

/// <summary>
/// The named volumes that Podman gives a container of a pod for the pod's volumes. They are empty, as the content is not in the archive:
/// who has it makes the volumes before and restores with <c>--ignore-volumes</c>.
/// </summary>
internal sealed partial class PodmanVolumes
{
    // Podman takes spec.dump's mounts as they are; this is where root's volumes are unless storage.conf says otherwise.
    private const string Folder = "/var/lib/containers/storage/volumes/";

    private readonly List<(string Name, string Path)> _volumes;

    private PodmanVolumes(List<(string Name, string Path)> volumes) => _volumes = volumes;

    /// <summary>The volumes for what a pod has mounted.</summary>
    public static PodmanVolumes Of(ConversionSource source, string container, MountConversion mounts)
    {
        var used = new HashSet<string>(StringComparer.Ordinal);
        return new PodmanVolumes([.. BindMounts.OfUser(source.Content, source.Spec)
            .Where(mount => !mount.IsFile && !mounts.DroppedPaths.Contains(mount.Path))
            .Select(mount => (NameOf(container, mount.Path, used), mount.Path))]);
    }

    /// <summary>Whether what is mounted at a path is known to be a file.</summary>
    public static bool IsFile(ConversionSource source, string path) =>
        BindMounts.OfUser(source.Content, source.Spec).Any(mount => mount.Path == path && mount.IsFile);

    /// <summary>As config.dump has them.</summary>
    public JsonArray ToConfig() => [.. _volumes.Select(volume => (JsonNode)new JsonObject
    {
        ["volumeName"] = volume.Name,
        ["dest"] = volume.Path,
        ["options"] = new JsonArray("rprivate", "nosuid", "nodev", "rbind"),
    })];

    /// <summary>As the mounts of spec.dump have them.</summary>
    public IEnumerable<JsonObject> ToMounts() => _volumes.Select(volume => new JsonObject
    {
        ["destination"] = volume.Path,
        ["type"] = "bind",
        ["source"] = $"{Folder}{volume.Name}/_data",
        ["options"] = new JsonArray("rprivate", "nosuid", "nodev", "rbind"),
    });

    /// <summary>The paths, as config.dump has them.</summary>
    public JsonArray ToPaths() => [.. _volumes.Select(volume => (JsonNode)volume.Path)];

    /// <summary>The members that Podman looks for: for each volume the tar of its content.</summary>
    public void Write(OverlayWriter overlay)
    {
        foreach (var (name, _) in _volumes)
            overlay.Add($"volumes/{name}.tar", Archives.TarBlocks.End);
    }

    private static string NameOf(string container, string path, HashSet<string> used)
    {
        var name = $"{container}-{Illegal().Replace(path.Trim('/'), "-")}";
        var unique = name;
        for (var number = 2; !used.Add(unique); number++)
            unique = $"{name}-{number}";
        return unique;
    }

    [GeneratedRegex("[^A-Za-z0-9_.-]")]
    private static partial Regex Illegal();
}

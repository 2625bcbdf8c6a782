using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using KubeCheckpoint.Archives.Tar;

namespace KubeCheckpoint.Images.Conversion;

/// <summary>
/// Named Podman volumes in the place of the pod's volumes. They are empty, since their content is not in the archive. To restore with
/// content, create the volumes first and use <c>--ignore-volumes</c>.
/// </summary>
internal sealed partial class PodmanVolumes
{
    // Podman uses the mounts of spec.dump unchanged; this is the default path of root's volumes (storage.conf).
    private const string Folder = "/var/lib/containers/storage/volumes/";

    private readonly List<(string Name, string Path)> _volumes;

    private PodmanVolumes(List<(string Name, string Path)> volumes) => _volumes = volumes;

    /// <summary>The volumes for the mounts of a pod.</summary>
    public static PodmanVolumes Of(ConversionSource source, string container, MountConversion mounts)
    {
        var used = new HashSet<string>(StringComparer.Ordinal);
        return new PodmanVolumes([.. BindMounts.OfUser(source.Content, source.Spec)
            .Where(mount => !mount.IsFile && !mounts.DroppedPaths.Contains(mount.Path))
            .Select(mount => (NameOf(container, mount.Path, used), mount.Path))]);
    }

    /// <summary>Whether a mount is known to be a file.</summary>
    public static bool IsFile(ConversionSource source, string path) =>
        BindMounts.OfUser(source.Content, source.Spec).Any(mount => mount.Path == path && mount.IsFile);

    /// <summary>The volumes for config.dump.</summary>
    public JsonArray ToConfig() => [.. _volumes.Select(volume => (JsonNode)new JsonObject
    {
        ["volumeName"] = volume.Name,
        ["dest"] = volume.Path,
        ["options"] = new JsonArray("rprivate", "nosuid", "nodev", "rbind"),
    })];

    /// <summary>The volumes as mounts for spec.dump.</summary>
    public IEnumerable<JsonObject> ToMounts() => _volumes.Select(volume => new JsonObject
    {
        ["destination"] = volume.Path,
        ["type"] = "bind",
        ["source"] = $"{Folder}{volume.Name}/_data",
        ["options"] = new JsonArray("rprivate", "nosuid", "nodev", "rbind"),
    });

    /// <summary>The paths for config.dump.</summary>
    public JsonArray ToPaths() => [.. _volumes.Select(volume => (JsonNode)volume.Path)];

    /// <summary>Writes the members that Podman reads: for each volume a tar of its content.</summary>
    public void Write(OverlayWriter overlay)
    {
        foreach (var (name, _) in _volumes)
            overlay.Add($"volumes/{name}.tar", TarBlocks.End);
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

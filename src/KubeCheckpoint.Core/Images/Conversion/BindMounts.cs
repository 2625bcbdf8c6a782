using KubeCheckpoint.Archives.Contents;

namespace KubeCheckpoint.Images.Conversion;

/// <summary>The bind mounts in spec.dump.</summary>
internal static class BindMounts
{
    /// <summary>The bind mounts, each path once: the last mount hides the earlier ones.</summary>
    public static IEnumerable<(string Path, string Source)> Of(EditableJson spec)
    {
        var binds = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var mount in spec.ObjectsOf(spec.Root["mounts"], "mounts"))
        {
            var type = spec.TextOf(mount["type"], "mounts.type");
            var options = spec.TextsOf(mount["options"], "mounts.options");
            if (spec.TextOf(mount["destination"], "mounts.destination") is { } path && path.StartsWith('/')
                && (type == "bind" || options.Contains("bind") || options.Contains("rbind")))
            {
                binds[path.Length > 1 ? path.TrimEnd('/') : path] = spec.TextOf(mount["source"], "mounts.source") ?? "";
            }
        }
        return binds.Select(pair => (pair.Key, pair.Value));
    }

    /// <summary>The paths of the user's mounts, and whether a file is known to be mounted there.</summary>
    public static IEnumerable<(string Path, bool IsFile)> OfUser(CheckpointContent content, EditableJson spec)
    {
        var files = Files(content);
        var terminationLog = TerminationLogOf(content, spec);
        return Of(spec)
            .Where(mount => MountRoles.Of(mount.Path, mount.Source, terminationLog) == MountRole.User)
            .Select(mount => (mount.Path, files.Contains(mount.Path)))
            .OrderBy(mount => mount.Path, StringComparer.Ordinal);
    }

    /// <summary>The container's terminationMessagePath, which the kubelet gives runtimes as an annotation, or null.</summary>
    public static string? TerminationLogOf(CheckpointContent content, EditableJson spec)
    {
        const string Name = "io.kubernetes.container.terminationMessagePath";
        if (spec.MapOf(spec.Root["annotations"], "annotations").GetValueOrDefault(Name) is { Length: > 0 } path)
            return path;
        return EditableJson.Find(content, "status.dump") is { } status ? status.MapOf(status.Root["annotations"], "annotations").GetValueOrDefault(Name) : null;
    }

    // CRI-O records the type of each.
    private static HashSet<string> Files(CheckpointContent content) =>
    [
        .. EditableJson.FindObjects(content, "bind.mounts", "destination", "file_type")
            .Where(mount => mount is [not null, { } type] && type != "directory")
            .Select(mount => mount[0]!),
    ];
}

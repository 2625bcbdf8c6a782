using System.Text.Json;
using System.Text.Json.Nodes;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Images.Conversion;

namespace KubeCheckpoint.Images;

/// <summary>
/// Which mounts a pod must have for a checkpoint to be restored in it. CRI-O refuses the container where one is missing (<c>expects
/// following bind mounts defined</c>), containerd fails later and says only <c>criu failed: type RESTORE errno 0</c>. Others may be there
/// beside them. The content of a volume is never in the archive.
/// </summary>
public static class RequiredMounts
{
    /// <summary>Reads them from an archive.</summary>
    /// <param name="archivePath">The archive.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="KubeCheckpointException">
    /// What opening and indexing an archive throws; ArchiveMemberMissing (spec.dump), ArchiveMemberTooLarge, ArchiveMemberInvalid.
    /// </exception>
    public static IReadOnlyList<RequiredMount> Read(string archivePath, CancellationToken cancellationToken)
    {
        using var content = CheckpointContent.Open(Path.GetFullPath(archivePath), cancellationToken);
        return Of(content, EditableJson.Read(content, "spec.dump"));
    }

    /// <summary>Reads them from the label <see cref="RestoreImageLabels.RequiredMounts"/>; null where it is not what this module writes.</summary>
    /// <param name="label">The label's value.</param>
    public static IReadOnlyList<RequiredMount>? Parse(string? label)
    {
        try
        {
            if (label is null || JsonNode.Parse(label) is not JsonArray list)
                return null;
            return [.. list.Select(item => new RequiredMount(
                (string?)item!["path"] ?? throw new JsonException("A mount has no path."),
                Enum.TryParse<RequiredMountKind>((string?)item["kind"], ignoreCase: true, out var kind) ? kind : RequiredMountKind.Unknown))];
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException or NullReferenceException or ArgumentException)
        {
            return null;
        }
    }

    internal static string ToLabel(IEnumerable<RequiredMount> mounts) => EditableJson.ToText(new JsonArray(
        [.. mounts.Select(mount => (JsonNode)new JsonObject { ["path"] = mount.Path, ["kind"] = JsonNamingPolicy.CamelCase.ConvertName(mount.Kind.ToString()) })]));

    internal static IReadOnlyList<RequiredMount> Of(CheckpointContent content, EditableJson spec)
    {
        var kinds = KindsOf(content);
        var terminationLog = TerminationLogOf(content, spec);
        return
        [
            .. BindsOf(spec)
                .Select(mount => (mount.Path, mount.Source, Role: MountRoles.Of(mount.Path, mount.Source, terminationLog)))
                .Where(mount => mount.Role is MountRole.User or MountRole.ServiceAccountToken or MountRole.TerminationLog && mount.Path != MountRoles.DefaultTerminationLog)
                .Select(mount => new RequiredMount(mount.Path, mount.Role switch
                {
                    MountRole.TerminationLog => RequiredMountKind.TerminationLog,
                    MountRole.ServiceAccountToken => RequiredMountKind.ServiceAccountToken,
                    _ when kinds.TryGetValue(mount.Path, out var kind) => kind,
                    _ => MountRoles.IsWholeVolume(mount.Source) ? RequiredMountKind.Directory : RequiredMountKind.Unknown,
                }))
                .OrderBy(mount => mount.Path, StringComparer.Ordinal),
        ];
    }

    /// <summary>The bind mounts of spec.dump, each path once: the last mount is the one that is seen.</summary>
    internal static IEnumerable<(string Path, string Source)> BindsOf(EditableJson spec)
    {
        var binds = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var mount in spec.ObjectsOf(spec.Root["mounts"], "mounts"))
        {
            var type = spec.TextOf(mount["type"], "mounts.type");
            var options = spec.TextsOf(mount["options"], "mounts.options");
            if (spec.TextOf(mount["destination"], "mounts.destination") is { } path && path.StartsWith('/')
                && (type == "bind" || options.Contains("bind") || options.Contains("rbind")))
                binds[path.Length > 1 ? path.TrimEnd('/') : path] = spec.TextOf(mount["source"], "mounts.source") ?? "";
        }
        return binds.Select(pair => (pair.Key, pair.Value));
    }

    /// <summary>The container's terminationMessagePath, which the kubelet gives runtimes as an annotation, or null.</summary>
    internal static string? TerminationLogOf(CheckpointContent content, EditableJson spec)
    {
        const string Name = "io.kubernetes.container.terminationMessagePath";
        if (spec.MapOf(spec.Root["annotations"], "annotations").GetValueOrDefault(Name) is { Length: > 0 } path)
            return path;
        return EditableJson.Find(content, "status.dump") is { } status ? status.MapOf(status.Root["annotations"], "annotations").GetValueOrDefault(Name) : null;
    }

    // CRI-O keeps what each was.
    private static Dictionary<string, RequiredMountKind> KindsOf(CheckpointContent content)
    {
        var kinds = new Dictionary<string, RequiredMountKind>(StringComparer.Ordinal);
        foreach (var mount in EditableJson.FindObjects(content, "bind.mounts", "destination", "file_type"))
        {
            if (mount is [{ } path, { } type])
                kinds[path] = type == "directory" ? RequiredMountKind.Directory : RequiredMountKind.File;
        }
        return kinds;
    }
}

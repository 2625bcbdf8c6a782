using System.Globalization;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Criu.Images;

namespace KubeCheckpoint.Archives.Summaries;

/// <summary>Collects a <see cref="CheckpointArchive"/> member by member.</summary>
internal sealed class CheckpointOverview(ArchiveFile file)
{
    private const string ConfigName = "config.dump";
    private const string SpecName = "spec.dump";

    private (ArchiveMember Member, byte[] Json)? _config;
    private (ArchiveMember Member, byte[] Json)? _spec;
    private readonly Dictionary<string, ImageSummary> _images = new(StringComparer.Ordinal);
    private long _rootFsDiffSize;

    public void Visit(ArchiveMember member, Stream data)
    {
        switch (member.Name)
        {
            case ConfigName:
                _config = (member, ReadJson(member, data));
                break;
            case SpecName:
                _spec = (member, ReadJson(member, data));
                break;
            case "rootfs-diff.tar":
                _rootFsDiffSize = member.Size;
                break;
            default:
                if (ImageFolders.FolderOf(member) is { } folder)
                    VisitImage(folder, member, data);
                break;
        }
    }

    public CheckpointArchive ToArchive()
    {
        if (_config is null && _spec is null && _images.Count > 0)
            return ArchiveOf(null, null);
        var (configMember, configJson) = _config ?? throw file.MemberMissing(ConfigName);
        var (specMember, specJson) = _spec ?? throw file.MemberMissing(SpecName);
        using var config = JsonMember.Parse(file.Path, configMember, configJson);
        using var spec = JsonMember.Parse(file.Path, specMember, specJson);
        return ArchiveOf(config, spec);
    }

    // Without config.dump and spec.dump: images that CRIU was told to write by something else than a container engine.
    private CheckpointArchive ArchiveOf(JsonMember? config, JsonMember? spec)
    {
        var annotations = spec?.Map("annotations");
        var identity = annotations is null ? null : CheckpointIdentity.Of(annotations, config?.Text("name"));
        var images = ImageFolders.First(_images.Keys) is { } folder ? _images[folder] : new ImageSummary();
        return new CheckpointArchive
        {
            Path = file.Path,
            Engine = identity?.Engine,
            Namespace = identity?.Namespace,
            PodName = identity?.PodName,
            ContainerName = identity is null ? null : identity.ContainerName ?? config?.Text("name")
                ?? throw ArchiveFailure.ArchiveMemberInvalid(file.Path, _config!.Value.Member, "the container has no name"),
            ContainerId = config?.Text("id"),
            PodUid = identity?.PodUid,
            Image = config?.Text("rootfsImageName"),
            ImageId = config?.Text("rootfsImageRef") ?? config?.Text("rootfsImage") ?? config?.Text("rootfsImageID"),
            Runtime = config?.Text("runtime"),
            User = spec is null ? null : UserOf(spec),
            CreatedAt = identity?.CreatedAt ?? EngineTime.Parse(config?.Text("createdTime")),
            CheckpointedAt = EngineTime.Parse(config?.Text("checkpointedTime")) ?? images.DumpedAt,
            PodIP = identity?.PodIP,
            Compression = file.Compression,
            Size = file.Size,
            MemorySize = images.MemorySize,
            RootFsDiffSize = _rootFsDiffSize,
            Architecture = images.Architecture,
            Needs = config is null || spec is null ? null : CheckpointNeeds.Of(config, spec, annotations!),
        };
    }

    private static string? UserOf(JsonMember spec) => spec.Number("process", "user", "uid") is { } user
        ? string.Create(CultureInfo.InvariantCulture, $"{user}:{spec.Number("process", "user", "gid") ?? 0}")
        : null;

    private void VisitImage(string folder, ArchiveMember member, Stream data)
    {
        if (!_images.TryGetValue(folder, out var images))
            _images.Add(folder, images = new ImageSummary());
        var name = member.Name[folder.Length..];
        if (name == "inventory.img")
            images.DumpedAt = member.ModifiedAt;
        else if (name.StartsWith("pages-", StringComparison.Ordinal))
            images.MemorySize += member.Size;
        else if (name.StartsWith("core-", StringComparison.Ordinal))
            images.Architecture ??= CoreImage.ReadArchitecture(data);
    }

    private byte[] ReadJson(ArchiveMember member, Stream data) => member.Kind == ArchiveMemberKind.File
        ? file.ReadJson(member, data)
        : throw ArchiveFailure.ArchiveDamaged(file.Path, member.Name, member.HeaderOffset, $"it is of kind {member.Kind}, not a file");

    /// <summary>What the images in one folder say.</summary>
    private sealed class ImageSummary
    {
        public DateTimeOffset? DumpedAt { get; set; }

        public long MemorySize { get; set; }

        public string? Architecture { get; set; }
    }
}

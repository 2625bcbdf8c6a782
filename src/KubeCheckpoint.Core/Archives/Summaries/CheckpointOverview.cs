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
    private string? _architecture;
    private DateTimeOffset? _dumpedAt;
    private long _memorySize;
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
            case "checkpoint/inventory.img":
                _dumpedAt = member.ModifiedAt;
                break;
            case var name when IsImage(name, "checkpoint/pages-"):
                _memorySize += member.Size;
                break;
            case var name when _architecture is null && IsImage(name, "checkpoint/core-"):
                _architecture = CoreImage.ReadArchitecture(data);
                break;
        }
    }

    public CheckpointArchive ToArchive()
    {
        var (configMember, configJson) = _config ?? throw ArchiveFailure.ArchiveMemberMissing(file.Path, ConfigName);
        var (specMember, specJson) = _spec ?? throw ArchiveFailure.ArchiveMemberMissing(file.Path, SpecName);
        using var config = JsonMember.Parse(file.Path, configMember, configJson);
        using var spec = JsonMember.Parse(file.Path, specMember, specJson);
        var annotations = spec.Map("annotations");
        var identity = CheckpointIdentity.Of(annotations, config.Text("name"));
        return new CheckpointArchive
        {
            Path = file.Path,
            Engine = identity.Engine,
            Namespace = identity.Namespace,
            PodName = identity.PodName,
            ContainerName = identity.ContainerName ?? config.Text("name")
                ?? throw ArchiveFailure.ArchiveMemberInvalid(file.Path, configMember, "the container has no name"),
            ContainerId = config.Text("id"),
            PodUid = identity.PodUid,
            Image = config.Text("rootfsImageName"),
            ImageId = config.Text("rootfsImageRef") ?? config.Text("rootfsImage") ?? config.Text("rootfsImageID"),
            Runtime = config.Text("runtime"),
            CreatedAt = identity.CreatedAt ?? EngineTime.Parse(config.Text("createdTime")),
            CheckpointedAt = EngineTime.Parse(config.Text("checkpointedTime")) ?? _dumpedAt,
            PodIP = identity.PodIP,
            Compression = file.Compression,
            Size = file.Size,
            MemorySize = _memorySize,
            RootFsDiffSize = _rootFsDiffSize,
            Architecture = _architecture,
            Needs = CheckpointNeeds.Of(config, spec, annotations),
        };
    }

    private byte[] ReadJson(ArchiveMember member, Stream data) => member.Kind == ArchiveMemberKind.File
        ? file.ReadAll(member, data, ArchiveLimits.JsonMemberSize)
        : throw ArchiveFailure.ArchiveDamaged(file.Path, member.Name, member.HeaderOffset, $"it is of kind {member.Kind}, not a file");

    private static bool IsImage(string name, string prefix) =>
        name.StartsWith(prefix, StringComparison.Ordinal) && name.EndsWith(".img", StringComparison.Ordinal);
}

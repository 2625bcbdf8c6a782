using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Criu.Documents;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Images.Conversion;

/// <summary>
/// Moves processes whose network namespace was not created by their runtime into that of the target. Otherwise containers of Podman with
/// <c>--network host</c> or <c>--network none</c> would be restored into the network of the node, or without one.
/// </summary>
/// <param name="HostNamespace">The ID of the host's namespace where the processes were in it, otherwise 0.</param>
/// <param name="Namespace">The ID of the namespace that the target creates, or 0 where nothing is converted.</param>
internal sealed record NetworkConversion(uint HostNamespace, uint Namespace)
{
    /// <summary>The name by which runc and crun tell CRIU about an existing network namespace.</summary>
    private const string ExternalKey = "extRootNetNS";

    private const string IdsPrefix = ImageFolders.Default + "ids-";

    private static readonly CriuImageType Netns = CriuImageType.ByName["NETNS"];

    /// <summary>Finds out what must be converted.</summary>
    /// <exception cref="KubeCheckpointException">NamespaceNotConvertible.</exception>
    public static NetworkConversion Of(ConversionSource source)
    {
        var ids = source.Images.Tasks.Select(task => source.Images.Ids(task.Pid)).OfType<TaskKobjIdsEntry>().ToList();
        var networks = ids.Select(entry => entry.NetNsId).Where(id => id != 0).Distinct().ToList();
        var host = source.Images.Inventory?.RootIds?.NetNsId ?? 0;
        if (source.Engine != CheckpointEngine.Podman && (source.Target != CheckpointEngine.Podman || !networks.Contains(host)))
            return new NetworkConversion(0, 0);
        return networks switch
        {
            [] => new NetworkConversion(0, 0),
            [var only] when only != host => new NetworkConversion(0, IsExternal(source, only) ? 0 : only),
            [_] when HasIds(source, ids.Count) => new NetworkConversion(host, Unused(ids.Append(source.Images.Inventory!.RootIds))),
            [_] => throw Refused(
                source, "its processes are in the network of the host, and the images are from an older CRIU whose format cannot be converted"),
            _ => throw Refused(source, "its processes are in more than one network namespace"),
        };
    }

    /// <summary>Writes the images that hold the namespaces of the processes.</summary>
    public void Apply(ConversionSource source, ImageEdit edit)
    {
        if (Namespace == 0)
            return;
        if (HostNamespace != 0)
        {
            foreach (var member in source.Content.Members.Where(member => member.Name.StartsWith(IdsPrefix, StringComparison.Ordinal)))
                edit.Apply(member, CriuImageType.Ids, entry => Move(entry, "net_ns_id"));
        }
        var external = new CriuObject();
        external.Add("ext_key", ExternalKey);
        edit.Create(CheckpointImages.Name("netns", Namespace), Netns, external);
    }

    /// <summary>Changes the namespace of an open file, usually a socket.</summary>
    public ImageEdit.Fate ApplyToFile(CriuObject file)
    {
        if (HostNamespace == 0)
            return ImageEdit.Fate.Kept;
        var fate = ImageEdit.Fate.Kept;
        foreach (var (_, value) in file.Properties)
        {
            if (value is CriuObject kind && Move(kind, "ns_id") == ImageEdit.Fate.Changed)
                fate = ImageEdit.Fate.Changed;
        }
        return fate;
    }

    private ImageEdit.Fate Move(CriuObject entry, string field)
    {
        if (entry.Find(field) is not uint id || id != HostNamespace)
            return ImageEdit.Fate.Kept;
        entry.Set(field, Namespace);
        return ImageEdit.Fate.Changed;
    }

    private static bool IsExternal(ConversionSource source, uint id) =>
        source.Images.ReadFirst<NetnsEntry>(CheckpointImages.Name("netns", id), Netns) is { ExtKey.Length: > 0 };

    private static bool HasIds(ConversionSource source, int tasks) =>
        source.Images.Tasks.Count(task => source.Content.FindImage(CheckpointImages.Name("ids", task.Pid)) is not null) == tasks;

    // CRIU numbers namespaces of all kinds in one sequence.
    private static uint Unused(IEnumerable<TaskKobjIdsEntry> tasks)
    {
        HashSet<uint> used = [.. tasks.SelectMany(ids => new[]
        {
            ids.PidNsId, ids.NetNsId, ids.IpcNsId, ids.UtsNsId, ids.MntNsId, ids.UserNsId, ids.CgroupNsId, ids.TimeNsId,
        })];
        var number = 1u;
        while (used.Contains(number))
            number++;
        return number;
    }

    private static KubeCheckpointException Refused(ConversionSource source, string reason) =>
        ConversionFailure.NamespaceNotConvertible(source.Path, source.Engine, source.Target, reason);
}

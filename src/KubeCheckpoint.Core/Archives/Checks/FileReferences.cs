using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Archives.Checks;

/// <summary>
/// What refers to the files in files.img: descriptors, executables, maps, folders, descriptors on their way through a socket, and files that
/// consist of another.
/// </summary>
internal static class FileReferences
{
    // A number in a set that grows.
    private const int ReferenceCost = 64;

    /// <summary>Whether there is a file that nothing refers to: then an image of descriptors is missing.</summary>
    public static bool HaveOrphans(CheckpointImages images)
    {
        var known = new HashSet<uint>();
        foreach (var task in images.Tasks)
        {
            known.UnionWith(images.Descriptors(task.Pid).Select(descriptor => descriptor.Id));
            if (images.Fs(task.Pid) is { } fs)
                known.UnionWith([fs.CwdId, fs.RootId]);
            if (images.Mm(task.Pid) is { } mm)
                known.UnionWith([mm.ExeFileId, .. images.Memory(task.Pid)!.Maps.Where(map => map.IsOfFile).Select(map => (uint)map.Entry.Shmid)]);
        }
        AddSent(images, known);
        known.UnionWith(images.Files.Values.Select(file => file.Fifo?.RegfId ?? file.Tty?.RegfId).OfType<uint>());
        known.UnionWith((images.ReadAll<RemapFilePathEntry>("remap-fpath.img", CriuImageType.RemapFilePath) ?? []).Select(remap => remap.RemapId));
        return images.Files.Keys.Any(id => !known.Contains(id));
    }

    private static void AddSent(CheckpointImages images, HashSet<uint> known)
    {
        if (images.Content.FindImage("sk-queues.img") is not { } member)
            return;
        var reader = images.Content.OpenImage(member, CriuImageType.ByName["SK_QUEUES"]);
        while (reader.TryReadMessage(SkPacketEntry.Parser, out var message))
        {
            var packet = (SkPacketEntry)message;
            reader.SkipPayload(packet.Length);
            known.UnionWith(packet.Scm.SelectMany(sent => sent.Rights));
            reader.Require(ReferenceCost * (long)known.Count);
        }
    }
}

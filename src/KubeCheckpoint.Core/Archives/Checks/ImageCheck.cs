using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Criu;
using KubeCheckpoint.Criu.Documents;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Archives.Checks;

/// <summary>Reads every CRIU image to its end.</summary>
internal static class ImageCheck
{
    private const uint NewestVersion = 3;

    public static void Run(CheckpointContent content, CheckReport report, CancellationToken cancellationToken)
    {
        // Any number of links may lead to one image.
        var known = new HashSet<(long, CriuImageType)>();
        foreach (var member in content.Members.Where(member => member.Kind == ArchiveMemberKind.File))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (CriuImageFileName.TypeOf(System.IO.Path.GetFileName(member.Name)) is { } type && IsImage(content, member.Name) && IsNew(known, member, type))
                report.Try(member.Name, () => CheckImage(content, member, type, report, cancellationToken));
        }
    }

    // In a folder, all data is at offset 0 of a file of its own, and nothing is followed.
    private static bool IsNew(HashSet<(long, CriuImageType)> known, ArchiveMember member, CriuImageType type) =>
        known.Add((member.DataOffset, type)) || member.LinkedTo is null;

    private static bool IsImage(CheckpointContent content, string name) =>
        name is "stats-dump" or "stats-restore" || name.StartsWith(content.ImageFolder, StringComparison.Ordinal);

    private static void CheckImage(CheckpointContent content, ArchiveMember member, CriuImageType type, CheckReport report, CancellationToken cancellationToken)
    {
        using var data = content.OpenMember(member);
        var reader = new CriuImageReader(data, new CriuImageName(content.Path, member.Name), content.Archive.Budget, cancellationToken);
        if (reader.Type != type)
            report.Error("WrongType", member.Name, $"Its type is {reader.Type.Name}, but its name implies {type.Name}.");
        else if (type == CriuImageType.Inventory)
            CheckVersion(reader.ReadMessage<InventoryEntry>(), member, report);
        else
            WalkToEnd(reader, cancellationToken);
    }

    // The head of a ghost file is followed by the content of a file, which cannot be checked.
    private static void WalkToEnd(CriuImageReader reader, CancellationToken cancellationToken)
    {
        var entries = new CriuDocumentReader(reader, cancellationToken).Read();
        if (reader.Type.Payload == CriuPayload.GhostFile)
            reader.ReadMessage<GhostFileEntry>();
        else
            _ = entries.LastOrDefault();
    }

    private static void CheckVersion(InventoryEntry inventory, ArchiveMember member, CheckReport report)
    {
        if (inventory.ImgVersion is 0 or > NewestVersion)
            report.Warning("Version", member.Name, $"The images have version {inventory.ImgVersion}; known versions are 1 to {NewestVersion}.");
    }
}

using KubeCheckpoint.Criu.Documents;
using KubeCheckpoint.Criu.Images;

namespace KubeCheckpoint.Images.Conversion;

/// <summary>
/// Removes from the open files what differs between runtimes. CRIU compares the mode of each file with the file it finds (<c>File . has bad mode
/// 040755 (expect 040555)</c>): the root folder has mode 0555 in the storage of CRI-O and Podman and 0755 in containerd's, for any
/// image. Without the field CRIU does not compare.
/// </summary>
internal static class OpenFileConversion
{
    private const string Root = "/";

    /// <summary>Writes the open files for the target.</summary>
    public static void Apply(ConversionSource source, NetworkConversion network, ImageEdit edit)
    {
        if (source.Content.FindImage("files.img") is { } files)
            edit.Apply(files, CriuImageType.Files, file => Later(FreeRoot(file.Find("reg") as CriuObject), network.ApplyToFile(file)));
        // CRIU before 3.3 has an image per type of file.
        if (source.Content.FindImage("reg-files.img") is { } regular)
            edit.Apply(regular, CriuImageType.ByName["REG_FILES"], FreeRoot);
    }

    private static ImageEdit.Fate FreeRoot(CriuObject? file) =>
        file?.Find("name") is Root && file.Remove("mode") ? ImageEdit.Fate.Changed : ImageEdit.Fate.Kept;

    private static ImageEdit.Fate Later(ImageEdit.Fate one, ImageEdit.Fate other) => one == ImageEdit.Fate.Kept ? other : one;
}

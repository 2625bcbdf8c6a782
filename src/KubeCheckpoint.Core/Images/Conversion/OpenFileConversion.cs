using KubeCheckpoint.Criu.Documents;
using KubeCheckpoint.Criu.Images;

namespace KubeCheckpoint.Images.Conversion;

/// <summary>
/// Changes in the open files what is of the source's making. CRIU compares the mode of each with what it finds (<c>File . has bad mode
/// 040755 (expect 040555)</c>): the root folder has mode 0555 in the storage of CRI-O and Podman and 0755 in containerd's, whatever the
/// image says. Without the field CRIU compares nothing.
/// </summary>
internal static class OpenFileConversion
{
    private const string Root = "/";

    /// <summary>Writes the open files as they are to be.</summary>
    public static void Apply(ConversionSource source, NetworkConversion network, ImageEdit edit)
    {
        if (source.Content.FindImage("files.img") is { } files)
            edit.Apply(files, CriuImageType.Files, file => Later(FreeRoot(file.Find("reg") as CriuObject), network.ApplyToFile(file)));
        // CRIU before 3.3 has an image for each type of file.
        if (source.Content.FindImage("reg-files.img") is { } regular)
            edit.Apply(regular, CriuImageType.ByName["REG_FILES"], FreeRoot);
    }

    private static ImageEdit.Fate FreeRoot(CriuObject? file) =>
        file?.Find("name") is Root && file.Remove("mode") ? ImageEdit.Fate.Changed : ImageEdit.Fate.Kept;

    private static ImageEdit.Fate Later(ImageEdit.Fate one, ImageEdit.Fate other) => one == ImageEdit.Fate.Kept ? other : one;
}

using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.FileChanges;
using KubeCheckpoint.Archives.Replacements;
using KubeCheckpoint.Images.Layers;

namespace KubeCheckpoint.Images.Conversion;

/// <summary>
/// The layer with the corrected deleted.files. rootfs-diff.tar is in it only where folders must be created before their content is unpacked.
/// </summary>
internal static class CorrectedFiles
{
    /// <exception cref="KubeCheckpointException">OverlayNotWritable, and the failures of reading an archive.</exception>
    public static OverlayLayer? Write(string archivePath, DeletedFilesCorrection correction, CancellationToken cancellationToken)
    {
        using var content = CheckpointContent.Open(archivePath, cancellationToken);
        using var overlay = new OverlayWriter(archivePath, content.Archive.Budget);
        if (correction.Folders.Count > 0)
            overlay.Add(RootFsDiff.MemberName, target => WriteFiles(content, correction.Folders, target, cancellationToken));
        overlay.Add(DeletedFiles.MemberName, ChangedFiles.ToJson(correction.Deleted));
        return overlay.Finish(cancellationToken);
    }

    private static void WriteFiles(CheckpointContent content, IEnumerable<string> folders, Stream target, CancellationToken cancellationToken)
    {
        foreach (var folder in folders)
            FilesAndList.WriteFolder(target, folder, null);
        using var tar = RootFsDiff.Open(content, cancellationToken);
        ChangedFiles.CopyRest(tar, target);
    }
}

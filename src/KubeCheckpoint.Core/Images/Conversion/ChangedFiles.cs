using System.Text.Json.Nodes;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.Tar;

namespace KubeCheckpoint.Images.Conversion;

/// <summary>
/// Converts the changed and deleted files of a container to the target's format. All three runtimes unpack <c>rootfs-diff.tar</c> in any
/// compression. CRI-O and Podman read the deleted files from <c>deleted.files</c>, after unpacking; containerd reads whiteouts in the tar.
/// Where nothing was deleted, or source and target have the same format, the files stay as they are.
/// </summary>
internal static class ChangedFiles
{
    /// <summary>Writes the files in the format of the target.</summary>
    /// <exception cref="KubeCheckpointException">FileNotConvertible, ArchiveMemberInvalid, ArchiveTruncated, ArchiveDamaged.</exception>
    public static void Apply(ConversionSource source, OverlayWriter overlay, CancellationToken cancellationToken)
    {
        if (source.Target == CheckpointEngine.Containerd)
            ListToWhiteouts.Apply(source, overlay, cancellationToken);
        else
            FilesAndList.Apply(source, overlay, cancellationToken);
    }

    /// <summary>Copies the members of a tar from the next one, and ends the copy.</summary>
    public static void CopyRest(RawTarReader? tar, Stream target)
    {
        while (tar?.Next() is not null)
            tar.CopyTo(target);
        target.Write(TarBlocks.End);
    }

    /// <summary>A list of paths in the format of the engines.</summary>
    public static string ToJson(IEnumerable<string> paths) => EditableJson.ToText(new JsonArray([.. paths.Select(path => (JsonNode)path)]));
}

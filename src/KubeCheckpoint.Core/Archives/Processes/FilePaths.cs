using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Archives.Processes;

/// <summary>The paths of files by the id CRIU gave them.</summary>
internal sealed class FilePaths(CheckpointImages images)
{
    private HashSet<uint>? _deleted;

    /// <summary>The path of a regular file or folder, or null.</summary>
    public string? Find(uint id) => images.Files.GetValueOrDefault(id)?.Reg is { HasName: true } file ? file.Name : null;

    /// <summary>
    /// Whether its name had been deleted: CRIU then keeps its content as a ghost file, or refers to another of its names (linked).
    /// </summary>
    public bool IsDeleted(uint id) => (_deleted ??= ReadDeleted()).Contains(id);

    // Images without a type are from CRIU before 1.6, which knew only these two.
    private HashSet<uint> ReadDeleted() =>
    [
        .. (images.ReadAll<RemapFilePathEntry>("remap-fpath.img", CriuImageType.RemapFilePath) ?? [])
            .Where(remap => !remap.HasRemapType || remap.RemapType is RemapType.Ghost or RemapType.Linked)
            .Select(remap => remap.OrigId),
    ];
}

using KubeCheckpoint.Archives.IO;

namespace KubeCheckpoint.Archives.Contents;

/// <summary>
/// Folders that are checkpoints: those that CRIU, Docker, LXC and CRaC leave, with the images in them, and expanded archives, with the
/// images in a folder of their own.
/// </summary>
public static class CheckpointFolder
{
    // No archive is deeper, and a folder of images has at most CRIU's working directory in it.
    private const int ArchiveDepth = 8;
    private const int ImageDepth = 1;

    private static readonly string[] Images = ["inventory.img", "pstree.img"];

    private static readonly string[] Json = ["config.dump", "spec.dump"];
    private static readonly string[] Nested =
    [
        .. Images.Select(image => ImageFolders.Default + image), .. Images.Select(image => ImageFolders.PreCheckpoint + image),
    ];

    /// <summary>Whether a folder is a checkpoint.</summary>
    /// <param name="path">The folder's path.</param>
    public static bool IsCheckpoint(string path) => HoldsCheckpoint(path) || Nested.Any(name => Has(path, name));

    /// <summary>
    /// Whether the files of a checkpoint are directly in a folder. Otherwise it may be one by its folder checkpoint/ alone, as runc's are.
    /// </summary>
    /// <param name="path">The folder's path.</param>
    public static bool HoldsCheckpoint(string path) => Images.Concat(Json).Any(name => Has(path, name));

    /// <summary>The checkpoints among the folders in a folder, in the order of their names.</summary>
    /// <param name="path">The folder's path.</param>
    public static IEnumerable<string> In(string path) => Directory.EnumerateDirectories(path).Where(IsCheckpoint).Order(StringComparer.Ordinal);

    /// <summary>The members of a folder that is a checkpoint.</summary>
    /// <exception cref="KubeCheckpointException">FolderWithoutCheckpoint, ArchiveNotReadable or ArchiveDamaged.</exception>
    internal static IReadOnlyList<ArchiveMember> List(string path) =>
        IsExpanded(path) ? FolderFiles.List(path, ArchiveDepth)
        : IsCheckpoint(path) ? FolderFiles.List(path, ImageDepth)
        : throw ArchiveFailure.FolderWithoutCheckpoint(path, FileKinds.Of(path));

    private static bool IsExpanded(string path) => Json.Concat(Nested).Any(name => Has(path, name));

    private static bool Has(string path, string name) => File.Exists(Path.Combine(path, name));
}

using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.Replacements;
using KubeCheckpoint.Images.BaseImages;

namespace KubeCheckpoint.Images;

/// <summary>Corrects deleted.files of an archive for the runtime that wrote it, with the help of the container's image.</summary>
internal static class ReplacedFilesCorrection
{
    private const int MostNames = 3;

    /// <summary>The correction; null where the archive needs none.</summary>
    /// <param name="request">The archive, and who is told what comes back besides.</param>
    /// <param name="registryHost">The registry that the options of the request are for, or null.</param>
    /// <param name="cancellationToken">Cancels the work.</param>
    /// <exception cref="KubeCheckpointException">Those of reading the archive's deleted.files and rootfs-diff.tar.</exception>
    public static async Task<DeletedFilesCorrection?> FindAsync(RestoreImageRequest request, string? registryHost, CancellationToken cancellationToken)
    {
        var archive = request.Archive;
        var replaced = await Task.Run(() => Find(archive, cancellationToken), cancellationToken).ConfigureAwait(false);
        if (replaced is null)
            return null;
        if (replaced.Folders.Count == 0)
            return replaced.Correct(image: null);
        var folders = replaced.Folders.Select(folder => folder.Path).ToList();
        var image = await BaseImageFiles
            .ReadAsync(archive, request.BaseImage, folders, request.Registry, registryHost, cancellationToken).ConfigureAwait(false);
        if (image.Reason is { } reason)
            request.OnWarning?.Invoke(Unlisted(archive, replaced.Folders, reason));
        if (replaced.Folders.Where(folder => folder.IsIncomplete).ToList() is { Count: > 0 } incomplete)
            request.OnWarning?.Invoke(Incomplete(archive, incomplete));
        return replaced.Correct(image.Files);
    }

    /// <summary>The names of folders, as a list in a sentence.</summary>
    public static string Names(IReadOnlyList<ReplacedFolder> folders)
    {
        var names = string.Join(", ", folders.Take(MostNames).Select(folder => TerminalText.Line("/" + folder.Path)));
        return folders.Count > MostNames ? $"{names} and {folders.Count - MostNames} more" : names;
    }

    private static ReplacedFiles? Find(CheckpointArchive archive, CancellationToken cancellationToken)
    {
        using var content = CheckpointContent.Open(archive.Path, cancellationToken);
        return ReplacedFiles.Find(content, archive.Engine, cancellationToken);
    }

    private static string Unlisted(CheckpointArchive archive, IReadOnlyList<ReplacedFolder> folders, string reason) =>
        $"Container '{archive.ContainerName}' had removed {Names(folders)} and created it again. The image brings back the new content, "
        + $"and with it what the container's own image has there, which could not be listed: {reason}. "
        + "Delete what disturbs after the restore, or let this computer read that image from its registry and create the restore image again.";

    private static string Incomplete(CheckpointArchive archive, IReadOnlyList<ReplacedFolder> folders) =>
        $"Container '{archive.ContainerName}' had removed {Names(folders)} and created it again, and the archive lacks files in it that its processes "
        + "use: the engine leaves out changed files of the image whose path the node does not have. They are restored as the image has them. "
        + "To keep such files, put them in a volume.";
}

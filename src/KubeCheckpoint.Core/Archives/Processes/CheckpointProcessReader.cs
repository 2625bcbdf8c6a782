using KubeCheckpoint.Archives.Contents;

namespace KubeCheckpoint.Archives.Processes;

/// <summary>Reads the processes of a checkpoint.</summary>
public static class CheckpointProcessReader
{
    /// <summary>
    /// Reads the processes one by one, as they are enumerated, in the order of <c>pstree.img</c> or as a tree. Of a plain tar only
    /// headers, the images of the selected processes and the pages with their arguments and environment are read; a
    /// compressed one is read twice.
    /// </summary>
    /// <param name="path">The archive.</param>
    /// <param name="query">What to read.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="KubeCheckpointException">
    /// ArchiveNotFound, ArchiveNotReadable, NotAnArchive, ArchiveTruncated, ArchiveDamaged, ArchiveMemberMissing (no pstree.img),
    /// NotACriuImage, CriuImageDamaged. Missing memory pages are not a failure.
    /// </exception>
    public static IEnumerable<CheckpointProcess> Read(string path, ProcessQuery query, CancellationToken cancellationToken)
    {
        using var content = CheckpointContent.Open(Path.GetFullPath(path), cancellationToken);
        foreach (var process in Read(content, query, cancellationToken))
            yield return process;
    }

    /// <summary>The ids and names of the processes. Only a few small members are read.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="KubeCheckpointException">Whatever <see cref="Read(string, ProcessQuery, CancellationToken)"/> throws.</exception>
    public static IReadOnlyList<CheckpointThread> ReadNames(string path, CancellationToken cancellationToken)
    {
        using var content = CheckpointContent.Open(Path.GetFullPath(path), cancellationToken);
        return [.. new TaskList(new CheckpointImages(content)).Read(static (_, _) => true).Select(task => new CheckpointThread(task.Id, task.Name))];
    }

    internal static IEnumerable<CheckpointProcess> Read(CheckpointContent content, ProcessQuery query, CancellationToken cancellationToken)
    {
        var images = new CheckpointImages(content);
        var tasks = new TaskList(images);
        var builder = new ProcessBuilder(images, query.IncludeEnvironment);
        var selected = tasks.Read(query.Filter);
        if (query.AsTree)
            selected = ProcessTree.Order([.. selected], tasks.Parents);
        if (content.Archive.Compression != ArchiveCompression.None)
        {
            selected = [.. selected];
            content.Prefetch(selected.SelectMany(builder.FindRanges));
        }
        foreach (var task in selected)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return builder.Build(task);
        }
    }
}

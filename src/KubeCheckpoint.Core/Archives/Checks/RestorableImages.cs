using System.Globalization;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Criu;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Memory;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Archives.Checks;

/// <summary>Whether an archive has all that CRIU restores processes from. Whatever else it lacks, an incremental checkpoint lacks memory.</summary>
internal static class RestorableImages
{
    /// <summary>
    /// What keeps an archive from being restored by itself, or null. Pagemaps are read, no pages. Damage is found by the check of the
    /// archive; here it only keeps from knowing.
    /// </summary>
    /// <param name="path">The archive.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <returns>ImagesNotInArchive, PreCheckpointOnly, ParentNotInArchive, MemoryNotDumped, PagesMissing or null.</returns>
    public static KubeCheckpointException? FindObstacle(string path, CancellationToken cancellationToken)
    {
        try
        {
            using var content = CheckpointContent.Open(path, cancellationToken);
            return FindObstacle(new CheckpointImages(content), cancellationToken);
        }
        catch (KubeCheckpointException failure) when (failure.ErrorId is nameof(ArchiveFailure.ArchiveDamaged) or nameof(ArchiveFailure.ArchiveTruncated))
        {
            return null;
        }
    }

    /// <inheritdoc cref="FindObstacle(string, CancellationToken)"/>
    /// <param name="images">The images of the archive.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    public static KubeCheckpointException? FindObstacle(CheckpointImages images, CancellationToken cancellationToken)
    {
        if (!images.Content.HasImages || images.Content.IsPreCheckpoint)
            return images.Content.WithoutImage("pstree.img");
        try
        {
            if (WentToPageServer(images))
                return ArchiveFailure.MemoryNotDumped(images.Content.Path, "it has no pages and no pagemaps, as after a dump to a page server");
            return Stores(images, cancellationToken)
                .Select(store => ObstacleIn(images.Content.Path, store.Pagemap, store.Pages))
                .FirstOrDefault(obstacle => obstacle is not null);
        }
        catch (KubeCheckpointException failure) when (IsOfImage(failure))
        {
            return null;
        }
    }

    /// <summary>Whether an archive with this obstacle has processes, and lacks only memory of them.</summary>
    public static bool HasProcesses(KubeCheckpointException obstacle) =>
        obstacle.ErrorId is nameof(ArchiveFailure.ParentNotInArchive) or nameof(ArchiveFailure.MemoryNotDumped) or nameof(ArchiveFailure.PagesMissing);

    /// <summary>Whether no process has a pagemap: a page server wrote them where it runs.</summary>
    public static bool WentToPageServer(CheckpointImages images) =>
        images.Tasks.Any(task => images.Mm(task.Pid) is not null)
        && !images.Content.Members.Any(member => member.Name.StartsWith(images.Content.MemberOf("pagemap-"), StringComparison.Ordinal));

    private static KubeCheckpointException? ObstacleIn(string path, string pagemap, PageStore pages)
    {
        if (Count(pages, PageFlags.Parent) is > 0 and var inParent)
            return ArchiveFailure.ParentNotInArchive(path, pagemap, inParent);
        if (Count(pages, PageFlags.Lazy) is > 0 and var lazy)
        {
            return ArchiveFailure.MemoryNotDumped(
                path, string.Create(CultureInfo.InvariantCulture, $"{lazy} pages of '{pagemap}' were left on the node, to be fetched on demand"));
        }
        return pages.File.Length < pages.Pagemap.PayloadSize
            ? ArchiveFailure.PagesMissing(path, pages.File.Name.Member!, pages.File.Length, pagemap, pages.Pagemap.PayloadSize)
            : null;
    }

    /// <summary>How many pages with a flag are not in the pages file.</summary>
    public static long Count(PageStore pages, PageFlags flag) =>
        pages.Pagemap.Runs.Where(run => run.Flags.HasFlag(flag) && !run.IsPresent).Sum(run => run.Length) / pages.Pagemap.PageSize;

    // Pages that no process of the tree has are not restored: a repeated dump leaves them in its folder.
    private static IEnumerable<(string Pagemap, PageStore Pages)> Stores(CheckpointImages images, CancellationToken cancellationToken)
    {
        var segments = new HashSet<ulong>();
        foreach (var task in images.Tasks)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (images.Memory(task.Pid) is not { } memory)
                continue;
            if (memory.PrivatePages is { } pages)
                yield return (images.Content.MemberOf(CheckpointImages.Name("pagemap", task.Pid)), pages);
            segments.UnionWith(memory.Maps.Select(images.SegmentOf).OfType<ulong>());
        }
        segments.UnionWith((images.ReadAll<MemfdInodeEntry>("memfd.img", CriuImageType.MemfdInode) ?? []).Select(inode => (ulong)inode.Shmid));
        foreach (var segment in segments)
        {
            if (images.SharedMemory(segment) is { } pages)
                yield return (images.Content.MemberOf(string.Create(CultureInfo.InvariantCulture, $"pagemap-shmem-{segment}.img")), pages);
        }
    }

    private static bool IsOfImage(KubeCheckpointException failure) => failure.ErrorId
        is nameof(CriuFailure.CriuImageDamaged)
        or nameof(CriuFailure.NotACriuImage)
        or nameof(ArchiveFailure.ArchiveMemberMissing)
        or nameof(ArchiveFailure.ArchiveMemberTooLarge);
}

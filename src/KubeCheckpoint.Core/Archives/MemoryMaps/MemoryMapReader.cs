using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.Processes;

namespace KubeCheckpoint.Archives.MemoryMaps;

/// <summary>Reads the memory maps of the processes of a checkpoint.</summary>
public static class MemoryMapReader
{
    /// <summary>
    /// Reads the maps process by process, ascending by address, as they are enumerated. No memory is read, only the images that describe where it
    /// is; a zombie has none.
    /// </summary>
    /// <param name="path">The archive.</param>
    /// <param name="filter">Selects the processes.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="KubeCheckpointException">
    /// ArchiveNotFound, ArchiveNotReadable, NotAnArchive, ArchiveTruncated, ArchiveDamaged, ArchiveMemberMissing (no pstree.img),
    /// NotACriuImage, CriuImageDamaged.
    /// </exception>
    public static IEnumerable<CheckpointMemoryMap> Read(string path, ProcessFilter filter, CancellationToken cancellationToken)
    {
        using var content = CheckpointContent.Open(Path.GetFullPath(path), cancellationToken);
        foreach (var map in Read(content, filter, cancellationToken))
            yield return map;
    }

    internal static IEnumerable<CheckpointMemoryMap> Read(CheckpointContent content, ProcessFilter filter, CancellationToken cancellationToken)
    {
        var images = new CheckpointImages(content);
        var paths = new MapPaths(images);
        foreach (var task in new TaskList(images).Read(filter))
        {
            if (images.Memory(task.Entry.Pid) is not { } memory)
                continue;
            var maps = new ProcessMaps(images, paths, task, memory);
            foreach (var map in memory.Maps)
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return maps.Describe(map);
            }
        }
    }
}

using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.Descriptors;

namespace KubeCheckpoint.Archives.OpenFiles;

/// <summary>Tells which files the processes of a checkpoint had open.</summary>
public static class OpenFileReader
{
    /// <summary>The descriptors of the processes that are asked for, in the order of the process tree. Read as they are taken.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="filter">Says which processes are asked for.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="KubeCheckpointException">What opening the archive throws; CriuImageDamaged, ArchiveMemberMissing.</exception>
    public static IEnumerable<CheckpointOpenFile> Read(string path, ProcessFilter filter, CancellationToken cancellationToken)
    {
        using var content = CheckpointContent.Open(Path.GetFullPath(path), cancellationToken);
        foreach (var file in Read(new CheckpointImages(content), filter, cancellationToken))
            yield return file;
    }

    internal static IEnumerable<CheckpointOpenFile> Read(CheckpointImages images, ProcessFilter filter, CancellationToken cancellationToken)
    {
        var description = new FileDescription(images);
        foreach (var descriptor in ProcessDescriptors.Read(images, filter, cancellationToken))
            yield return description.Of(descriptor);
    }
}

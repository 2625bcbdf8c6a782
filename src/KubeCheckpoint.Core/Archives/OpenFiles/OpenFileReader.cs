using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.Descriptors;

namespace KubeCheckpoint.Archives.OpenFiles;

/// <summary>Reads which files the processes of a checkpoint had open.</summary>
public static class OpenFileReader
{
    /// <summary>The descriptors of the selected processes, in the order of the process tree. Read as they are enumerated.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="filter">Selects the processes.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="KubeCheckpointException">Whatever opening the archive throws; CriuImageDamaged, ArchiveMemberMissing.</exception>
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

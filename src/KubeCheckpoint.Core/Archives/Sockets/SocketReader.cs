using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.Descriptors;

namespace KubeCheckpoint.Archives.Sockets;

/// <summary>Reads which sockets the processes of a checkpoint had.</summary>
public static class SocketReader
{
    /// <summary>
    /// The sockets of the selected processes, one for each descriptor, in the order of the process tree, read as they are
    /// enumerated. A descriptor whose file is missing from the archive is skipped.
    /// </summary>
    /// <param name="path">The archive.</param>
    /// <param name="filter">Selects the processes. The other end of a connection may be in any process.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="KubeCheckpointException">Whatever opening the archive throws; CriuImageDamaged, ArchiveMemberMissing.</exception>
    public static IEnumerable<CheckpointSocket> Read(string path, ProcessFilter filter, CancellationToken cancellationToken)
    {
        using var content = CheckpointContent.Open(Path.GetFullPath(path), cancellationToken);
        foreach (var socket in Read(new CheckpointImages(content), filter, cancellationToken))
            yield return socket;
    }

    internal static IEnumerable<CheckpointSocket> Read(CheckpointImages images, ProcessFilter filter, CancellationToken cancellationToken)
    {
        var description = new SocketDescription(images);
        foreach (var descriptor in ProcessDescriptors.Read(images, filter, cancellationToken))
        {
            if (description.Of(descriptor) is { } socket)
                yield return socket;
        }
    }
}

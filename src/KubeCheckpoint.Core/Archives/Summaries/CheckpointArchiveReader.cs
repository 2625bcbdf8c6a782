using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.Volumes;

namespace KubeCheckpoint.Archives.Summaries;

/// <summary>Reads the summary of a checkpoint archive.</summary>
public static class CheckpointArchiveReader
{
    /// <summary>
    /// Opens the archive, reads its headers, <c>config.dump</c>, <c>spec.dump</c> and the head of a core image, and closes it.
    /// Of a plain tar nothing else is read; a compressed one is decompressed once, in bounded memory.
    /// </summary>
    /// <param name="path">The archive. <see cref="CheckpointArchive.Path"/> is its full path.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <remarks>
    /// CreatedAt is CRI-O's annotation <c>io.kubernetes.cri-o.Created</c>, as checkpointctl shows it, which is some
    /// milliseconds before the <c>createdTime</c> of config.dump; the latter for other engines. Podman writes no time of the
    /// checkpoint: there CheckpointedAt is the time of <c>checkpoint/inventory.img</c>, in whole seconds. ImageId is
    /// <c>rootfsImageRef</c>, where that is empty <c>rootfsImage</c>, and Podman's <c>rootfsImageID</c>.
    /// </remarks>
    /// <exception cref="KubeCheckpointException">
    /// ArchiveNotFound, ArchiveNotReadable, NotAnArchive, ArchiveTruncated, ArchiveDamaged, ArchiveMemberMissing,
    /// ArchiveMemberTooLarge, ArchiveMemberInvalid, PodManifestNotReadable, VolumeIndexInvalid.
    /// </exception>
    public static async Task<CheckpointArchive> ReadAsync(string path, CancellationToken cancellationToken)
    {
        path = System.IO.Path.GetFullPath(path);
        var archive = await Task.Run(() => Read(path, cancellationToken), cancellationToken).ConfigureAwait(false);
        return archive with
        {
            PodManifest = await PodManifestFile.ReadAsync(path, cancellationToken).ConfigureAwait(false),
            Volumes = await VolumeIndex.ReadAsync(path, cancellationToken).ConfigureAwait(false),
        };
    }

    internal static CheckpointArchive Read(ArchiveFile file, CancellationToken cancellationToken)
    {
        var overview = new CheckpointOverview(file);
        file.Scan(overview.Visit, cancellationToken);
        return overview.ToArchive();
    }

    private static CheckpointArchive Read(string path, CancellationToken cancellationToken)
    {
        using var file = ArchiveFile.OpenForOverview(path);
        return Read(file, cancellationToken);
    }
}

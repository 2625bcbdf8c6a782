namespace KubeCheckpoint.Archives.Expansion;

/// <summary>Writes members of an archive into a folder, in one pass, whatever their size and however the archive is compressed.</summary>
public static class ArchiveExpansion
{
    /// <summary>
    /// Writes the wanted members while they are enumerated. Folders are made with mode 0700, files with 0600 and under a temporary
    /// name until they are whole. Links and devices are not made, and nothing is written through a link in the destination.
    /// </summary>
    /// <param name="request">What is to be written, and where.</param>
    /// <param name="progress">Gets how far it has come, or null.</param>
    /// <param name="cancellationToken">Ends the work between two buffers; the file that is being written is removed.</param>
    /// <exception cref="KubeCheckpointException">
    /// What ends the whole: ArchiveNotFound, ArchiveNotReadable, NotAnArchive, ArchiveTruncated, ArchiveDamaged, DestinationDiskFull.
    /// </exception>
    public static IEnumerable<ExpansionResult> Expand(
        ExpansionRequest request, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        using var archive = ArchiveFile.Open(request.ArchivePath);
        var meter = new ExpansionMeter(archive, progress);
        var folder = new ExpansionFolder(request, meter);
        foreach (var (member, data) in archive.ReadMembers(cancellationToken))
        {
            meter.Reach(member);
            if (!request.IsWanted(member.Name))
                continue;
            folder.Make();
            if (Expand(folder, member, data, cancellationToken) is { } result)
                yield return result;
        }
    }

    // Folders appear with what is in them and are no result of their own.
    private static ExpansionResult? Expand(ExpansionFolder folder, ArchiveMember member, Stream data, CancellationToken cancellationToken)
    {
        try
        {
            var file = folder.Write(member, data, cancellationToken);
            return file is null ? null : new ExpansionResult(file, null);
        }
        catch (KubeCheckpointException failure) when (ConcernsOneMember(failure))
        {
            return new ExpansionResult(null, failure);
        }
    }

    private static bool ConcernsOneMember(KubeCheckpointException failure) => failure.ErrorId
        is nameof(ArchiveFailure.MemberNotExpandable)
        or nameof(ArchiveFailure.MemberNameNotUsable)
        or nameof(ArchiveFailure.DestinationLeadsAway)
        or nameof(ArchiveFailure.DestinationExists)
        or nameof(ArchiveFailure.DestinationNotWritable);
}

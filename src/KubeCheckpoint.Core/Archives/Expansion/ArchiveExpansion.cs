using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.IO;

namespace KubeCheckpoint.Archives.Expansion;

/// <summary>Writes members of an archive into a folder, in one pass, whatever their size and however the archive is compressed.</summary>
public static class ArchiveExpansion
{
    /// <summary>
    /// Writes the selected members as they are enumerated. Folders are created with mode 0700, files with 0600 and under a temporary
    /// name until they are complete. Links and devices are not created, and nothing is written through a link in the destination.
    /// </summary>
    /// <param name="request">What to write, and where.</param>
    /// <param name="progress">Receives the progress, or null.</param>
    /// <param name="cancellationToken">Cancels the work; checked between buffers. The file that is being written is removed.</param>
    /// <exception cref="KubeCheckpointException">
    /// Failures that end the whole expansion: ArchiveNotFound, ArchiveNotReadable, NotAnArchive, ArchiveTruncated, ArchiveDamaged, DestinationDiskFull.
    /// </exception>
    public static IEnumerable<ExpansionResult> Expand(
        ExpansionRequest request, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        using var archive = ArchiveFile.Open(request.ArchivePath);
        foreach (var result in Expand(archive, request, progress, cancellationToken))
            yield return result;
    }

    internal static IEnumerable<ExpansionResult> Expand(
        ArchiveFile archive, ExpansionRequest request, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        // Of a compressed archive, only each member tells what it takes.
        if (archive.Compression == ArchiveCompression.None)
        {
            var wanted = archive.ReadIndex(cancellationToken).Where(member => member.Kind == ArchiveMemberKind.File && request.IsWanted(member.Name));
            FreeSpace.Require(request.Destination, wanted.Sum(member => member.Sparse?.StoredSize ?? member.Size));
        }
        var meter = new ExpansionMeter(archive, progress);
        using var folder = new ExpansionFolder(request, meter);
        foreach (var (member, data) in archive.ReadMembers(cancellationToken))
        {
            meter.Reach(member);
            if (!request.IsWanted(member.Name))
                continue;
            // A link is a copy: many of them make much of a file that the archive holds once.
            if (member.LinkedTo is not null)
                archive.Budget.DrawOutput(member.Sparse?.StoredSize ?? member.Size, "a copy of a linked file", member.Name);
            folder.Make();
            if (Expand(folder, member, data, cancellationToken) is { } result)
                yield return result;
        }
    }

    // Folders are created with their content and are not reported as results.
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

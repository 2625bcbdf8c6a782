using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.Summaries;

namespace KubeCheckpoint.Archives.FileChanges;

/// <summary>Reads which files of a container differ from its image.</summary>
public static class FileChangeReader
{
    private const string SpecName = "spec.dump";

    private const string ImagesAlone =
        "CRIU dumps processes, not changed files. Container engines add those to their archives: take the checkpoint with one.";

    // spec.dump tells the engine, which determines what the other two mean.
    private static readonly string[] Names = [SpecName, RootFsDiff.MemberName, DeletedFiles.MemberName];

    /// <summary>
    /// Reads the changes as they are enumerated: <c>rootfs-diff.tar</c> (plain, gzip or zstd) and <c>deleted.files</c>. Nothing is
    /// unpacked; of a plain archive nothing else is read, a compressed one is read through once.
    /// </summary>
    /// <param name="path">The archive's full path.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="KubeCheckpointException">
    /// ArchiveNotFound, ArchiveNotReadable, NotAnArchive, ArchiveTruncated, ArchiveDamaged, ArchiveMemberMissing (spec.dump),
    /// ArchiveMemberTooLarge, ArchiveMemberInvalid.
    /// </exception>
    public static IEnumerable<CheckpointFileChange> Read(string path, CancellationToken cancellationToken)
    {
        using var archive = ArchiveFile.Open(path);
        foreach (var change in Read(archive, cancellationToken))
            yield return change;
    }

    internal static IEnumerable<CheckpointFileChange> Read(ArchiveFile archive, CancellationToken cancellationToken)
    {
        CheckpointEngine? engine = null;
        foreach (var (member, data) in archive.ReadMembers(Names, cancellationToken))
        {
            var changes = member.Name switch
            {
                RootFsDiff.MemberName => RootFsDiff.Read(archive.Path, member, data, engine, cancellationToken),
                DeletedFiles.MemberName => DeletedFiles.Read(archive, member, data),
                _ => [],
            };
            if (member.Name == SpecName)
                engine = EngineOf(archive, member, data);
            foreach (var change in changes)
                yield return change;
        }
        if (engine is null)
        {
            throw ImageFolders.AreAlone(archive.ReadIndex(cancellationToken))
                ? ArchiveFailure.ArchiveMemberMissing(archive.Path, RootFsDiff.MemberName, ImagesAlone)
                : archive.MemberMissing(SpecName);
        }
    }

    private static CheckpointEngine EngineOf(ArchiveFile archive, ArchiveMember member, Stream data)
    {
        using var spec = JsonMember.Read(archive, member, data);
        return CheckpointIdentity.Of(spec.Map("annotations")).Engine;
    }
}

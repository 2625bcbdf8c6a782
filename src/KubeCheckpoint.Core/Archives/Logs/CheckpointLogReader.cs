using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Criu.Logs;

namespace KubeCheckpoint.Archives.Logs;

/// <summary>Reads the logs of a checkpoint as they are enumerated. Of a plain archive nothing else is read; a compressed one is read once.</summary>
public static class CheckpointLogReader
{
    private const string DumpLogName = "dump.log";

    // CRI-O's log, which has the name of an annotation; containerd's; Podman's.
    private static readonly string[] ContainerLogNames = ["io.kubernetes.cri-o.LogPath", "container.log", "ctr.log"];

    /// <summary>What the container wrote to its output.</summary>
    /// <param name="path">The archive's full path.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="KubeCheckpointException">LogNotInArchive, and whatever reading an archive throws.</exception>
    public static IEnumerable<CheckpointLogEntry> ReadContainerLog(string path, CancellationToken cancellationToken)
    {
        using var archive = ArchiveFile.Open(path);
        foreach (var entry in ReadContainerLog(archive, cancellationToken))
            yield return entry;
    }

    /// <summary>What CRIU wrote while dumping.</summary>
    /// <param name="path">The archive's full path.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="KubeCheckpointException">LogNotInArchive, and whatever reading an archive throws.</exception>
    public static IEnumerable<CheckpointDumpLogEntry> ReadDumpLog(string path, CancellationToken cancellationToken)
    {
        using var archive = ArchiveFile.Open(path);
        foreach (var entry in ReadDumpLog(archive, cancellationToken))
            yield return entry;
    }

    /// <summary>What CRIU wrote, from a separate file as a failed checkpoint leaves it.</summary>
    /// <param name="path">The log's full path.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="KubeCheckpointException">LogNotReadable.</exception>
    public static IEnumerable<CheckpointDumpLogEntry> ReadDumpLogFile(string path, CancellationToken cancellationToken)
    {
        using var log = OpenLog(path);
        foreach (var entry in DumpLog.Read(null, path, log, cancellationToken))
            yield return entry;
    }

    /// <summary>True for the last entry of a log in which CRIU reports no result.</summary>
    /// <param name="entry">An entry.</param>
    public static bool IsUnfinished(CheckpointDumpLogEntry entry) => entry.Cause == CriuDiagnoses.Unfinished.Cause;

    internal static IEnumerable<CheckpointLogEntry> ReadContainerLog(ArchiveFile archive, CancellationToken cancellationToken)
    {
        var isThere = false;
        foreach (var (_, data) in archive.ReadMembers(ContainerLogNames, cancellationToken))
        {
            isThere = true;
            foreach (var entry in new ContainerLog(archive.Path).Read(data, cancellationToken))
                yield return entry;
        }
        if (!isThere)
            throw ArchiveFailure.LogNotInArchive(archive.Path, string.Join("' or '", ContainerLogNames));
    }

    internal static IEnumerable<CheckpointDumpLogEntry> ReadDumpLog(ArchiveFile archive, CancellationToken cancellationToken)
    {
        var isThere = false;
        foreach (var (member, data) in archive.ReadMembers([DumpLogName], cancellationToken))
        {
            isThere = true;
            foreach (var entry in DumpLog.Read(archive.Path, member.Name, data, cancellationToken))
                yield return entry;
        }
        if (!isThere)
            throw ArchiveFailure.LogNotInArchive(archive.Path, DumpLogName);
    }

    private static FileStream OpenLog(string path)
    {
        try
        {
            return RegularFile.OpenStream(path, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw ArchiveFailure.LogNotReadable(path, exception);
        }
    }
}

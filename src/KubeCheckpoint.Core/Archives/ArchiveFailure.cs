using System.Globalization;

namespace KubeCheckpoint.Archives;

/// <summary>Failures of reading checkpoint archives and writing files from them.</summary>
public static partial class ArchiveFailure
{
    private const string FetchAgain = "Fetch the archive again from its node and compare size and sha256, or take a new checkpoint.";

    /// <summary>No file exists at this path.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="inner">The error of the operating system.</param>
    public static KubeCheckpointException ArchiveNotFound(string path, Exception? inner = null) =>
        new(nameof(ArchiveNotFound), FailureCategory.ObjectNotFound, path, $"'{path}' does not exist.", "Check the path.", inner);

    /// <summary>The file exists but cannot be read.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="inner">The error of the operating system.</param>
    public static KubeCheckpointException ArchiveNotReadable(string path, Exception inner) =>
        new(nameof(ArchiveNotReadable), FailureCategory.PermissionDenied, path, $"'{path}' cannot be read: {inner.Message}",
            "Archives are written with mode 0600. Read them as their owner, or change owner or mode.", inner);

    /// <summary>The file is not a tar, plain or compressed with gzip or zstd.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="reason">The reason.</param>
    /// <param name="inner">The error of the decompressor.</param>
    public static KubeCheckpointException NotAnArchive(string path, string reason, Exception? inner = null) =>
        new(nameof(NotAnArchive), FailureCategory.InvalidData, path, $"'{path}' is not an archive: {reason}.",
            "Give a checkpoint archive of CRI-O, containerd or Podman: a tar, plain or compressed with gzip or zstd.", inner);

    /// <summary>A folder has neither archives nor a checkpoint in it.</summary>
    /// <param name="path">The folder.</param>
    public static KubeCheckpointException FolderWithoutCheckpoint(string path) =>
        new(nameof(FolderWithoutCheckpoint), FailureCategory.ObjectNotFound, path, $"There is no checkpoint in the folder '{path}'.",
            "Give an archive (*.tar, *.tar.gz, *.tgz, *.tar.zst, *.tzst), a folder of archives, an expanded archive " +
            "(with config.dump or checkpoint/inventory.img), or a folder of CRIU images (with inventory.img).");

    /// <summary>The archive is compressed in a way that is not read.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="format">The name of the compression.</param>
    /// <param name="command">The command that decompresses or repacks it.</param>
    /// <param name="inner">The error of the decompressor.</param>
    public static KubeCheckpointException CompressionNotSupported(string path, string format, string command, Exception? inner = null) =>
        new(nameof(CompressionNotSupported), FailureCategory.NotImplemented, path,
            $"'{path}' is compressed with {format}. Archives are read as a plain tar or compressed with gzip or zstd.",
            $"Repack it: {command}", inner);

    /// <summary>The file ends before the archive does.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="member">The member it ends in, or null between two members.</param>
    /// <param name="offset">The offset in the tar, in bytes after decompression.</param>
    /// <param name="inner">The error of the decompressor.</param>
    public static KubeCheckpointException ArchiveTruncated(string path, string? member, long offset, Exception? inner = null) =>
        new(nameof(ArchiveTruncated), FailureCategory.InvalidData, path, $"'{path}' is truncated{Place(member, offset)}.", FetchAgain, inner);

    /// <summary>The archive violates its format.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="member">The member, or null where it has no name yet.</param>
    /// <param name="offset">The offset in the tar, in bytes after decompression.</param>
    /// <param name="reason">The rule that is broken.</param>
    /// <param name="inner">The error of the decompressor.</param>
    public static KubeCheckpointException ArchiveDamaged(
        string path, string? member, long offset, string reason, Exception? inner = null) =>
        new(nameof(ArchiveDamaged), FailureCategory.InvalidData, path, $"'{path}' is damaged{Place(member, offset)}: {reason}.", FetchAgain, inner);

    /// <summary>The tar has a member in a format that is not read.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="member">The member.</param>
    /// <param name="offset">The offset in the tar, in bytes after decompression.</param>
    /// <param name="reason">The format.</param>
    public static KubeCheckpointException TarFormatNotSupported(string path, string member, long offset, string reason) =>
        new(nameof(TarFormatNotSupported), FailureCategory.NotImplemented, path, $"'{path}' is in a format that is not read{Place(member, offset)}: {reason}.",
            "Unpack the archive and pack it again, without --sparse: tar -xf OLD.tar -C FOLDER, then tar -cf NEW.tar -C FOLDER .");

    /// <summary>A tar lacks a member that every checkpoint has.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="member">The member.</param>
    public static KubeCheckpointException ArchiveMemberMissing(string path, string member) =>
        new(nameof(ArchiveMemberMissing), FailureCategory.InvalidData, path,
            $"'{path}' is not a checkpoint archive: it has no member '{TerminalText.Excerpt(member)}'.",
            "Give the checkpoint archive of a single container. Checkpoints of whole pods and other tars are not supported.");

    /// <summary>There are CRIU images, but nothing about the container.</summary>
    /// <param name="path">The archive or folder.</param>
    public static KubeCheckpointException ContainerUnknown(string path) =>
        new(nameof(ContainerUnknown), FailureCategory.InvalidData, path,
            $"'{path}' has CRIU images, but neither config.dump nor spec.dump: no container runtime can restore a container from it.",
            "Restore it with the tool that wrote it, such as 'criu restore', 'docker start --checkpoint' or 'lxc-checkpoint -r'. " +
            "For a restore in Kubernetes, take the checkpoint with Save-CheckpointArchive or with 'podman container checkpoint --export'.");

    /// <summary>A member exceeds the size limit for its type.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="member">The member.</param>
    /// <param name="limit">The largest size in bytes.</param>
    public static KubeCheckpointException ArchiveMemberTooLarge(string path, ArchiveMember member, long limit) =>
        new(nameof(ArchiveMemberTooLarge), FailureCategory.InvalidData, path,
            $"'{path}' has {Count(member.Size)} bytes{Place(member.Name, member.HeaderOffset)}; the limit is {Count(limit)}.",
            "No runtime writes such a large member: do not trust this archive.");

    /// <summary>The content of a member is not valid.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="member">The member.</param>
    /// <param name="reason">The problem.</param>
    /// <param name="inner">The error of the parser.</param>
    public static KubeCheckpointException ArchiveMemberInvalid(
        string path, ArchiveMember member, string reason, Exception? inner = null) =>
        new(nameof(ArchiveMemberInvalid), FailureCategory.InvalidData, path,
            $"'{path}' is not valid{Place(member.Name, member.DataOffset)}: {reason}.", FetchAgain, inner);

    /// <summary>A compressed archive could not be decompressed into a temporary file.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="folder">The folder for the temporary file.</param>
    /// <param name="inner">The error of the operating system.</param>
    public static KubeCheckpointException SpillFailed(string path, string folder, Exception inner) =>
        new(nameof(SpillFailed), FailureCategory.WriteError, path,
            $"Decompressing '{path}' into '{folder}' failed: {inner.Message}",
            "Free space there, set TMPDIR (TEMP on Windows) to another folder, or decompress the archive yourself.", inner);

    /// <summary>The pod's manifest beside an archive cannot be read.</summary>
    /// <param name="path">The manifest's path.</param>
    /// <param name="reason">The reason.</param>
    /// <param name="inner">The error of the operating system.</param>
    public static KubeCheckpointException PodManifestNotReadable(string path, string reason, Exception? inner = null) =>
        new(nameof(PodManifestNotReadable), FailureCategory.ReadError, path, $"The pod manifest '{path}' cannot be read: {reason}",
            "Make the file readable, or move it away to continue without it.", inner);

    private static string Place(string? member, long offset) =>
        member is null ? $" at offset {Count(offset)}" : $" in member '{TerminalText.Excerpt(member)}' at offset {Count(offset)}";

    private static string Count(long value) => value.ToString(CultureInfo.InvariantCulture);
}

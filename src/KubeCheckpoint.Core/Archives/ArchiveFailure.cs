using System.Globalization;

namespace KubeCheckpoint.Archives;

/// <summary>The failures of reading a checkpoint archive.</summary>
public static partial class ArchiveFailure
{
    private const string FetchAgain = "Fetch the archive again from its node and compare size and sha256, or take a new checkpoint.";

    /// <summary>The path names nothing.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="inner">What the system said.</param>
    public static KubeCheckpointException ArchiveNotFound(string path, Exception? inner = null) =>
        new(nameof(ArchiveNotFound), FailureCategory.ObjectNotFound, path, $"There is no file '{path}'.", "Check the path.", inner);

    /// <summary>The file is there and cannot be opened or read.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="inner">What the system said.</param>
    public static KubeCheckpointException ArchiveNotReadable(string path, Exception inner) =>
        new(nameof(ArchiveNotReadable), FailureCategory.PermissionDenied, path, $"'{path}' cannot be read: {inner.Message}",
            "Archives are written with mode 0600: read them as their owner, or change owner or mode.", inner);

    /// <summary>The file is no tar, plain or compressed with gzip or zstd.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="reason">Why not.</param>
    /// <param name="inner">What the decompressor said.</param>
    public static KubeCheckpointException NotAnArchive(string path, string reason, Exception? inner = null) =>
        new(nameof(NotAnArchive), FailureCategory.InvalidData, path, $"'{path}' is no archive: {reason}.",
            "Give a tar as CRI-O, containerd or Podman write it for a checkpoint: plain, gzip or zstd.", inner);

    /// <summary>The file ends before the archive does.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="member">The member it ends in, or null between two members.</param>
    /// <param name="offset">The offset in the tar, in bytes after decompression.</param>
    /// <param name="inner">What the decompressor said.</param>
    public static KubeCheckpointException ArchiveTruncated(string path, string? member, long offset, Exception? inner = null) =>
        new(nameof(ArchiveTruncated), FailureCategory.InvalidData, path, $"'{path}' is cut short{Place(member, offset)}.", FetchAgain, inner);

    /// <summary>The archive breaks the rules of its format.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="member">The member, or null where it has no name yet.</param>
    /// <param name="offset">The offset in the tar, in bytes after decompression.</param>
    /// <param name="reason">Which rule.</param>
    /// <param name="inner">What the decompressor said.</param>
    public static KubeCheckpointException ArchiveDamaged(
        string path, string? member, long offset, string reason, Exception? inner = null) =>
        new(nameof(ArchiveDamaged), FailureCategory.InvalidData, path, $"'{path}' is damaged{Place(member, offset)}: {reason}.", FetchAgain, inner);

    /// <summary>A tar without a member that every checkpoint has.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="member">The member.</param>
    public static KubeCheckpointException ArchiveMemberMissing(string path, string member) =>
        new(nameof(ArchiveMemberMissing), FailureCategory.InvalidData, path,
            $"'{path}' is not a checkpoint archive: it has no member '{TerminalText.Excerpt(member)}'.",
            "Give an archive of one container's checkpoint; those of whole pods and other tars are not read.");

    /// <summary>A member is larger than what is read of its kind.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="member">The member.</param>
    /// <param name="limit">The largest size in bytes.</param>
    public static KubeCheckpointException ArchiveMemberTooLarge(string path, ArchiveMember member, long limit) =>
        new(nameof(ArchiveMemberTooLarge), FailureCategory.InvalidData, path,
            $"'{path}' has {Count(member.Size)} bytes{Place(member.Name, member.HeaderOffset)}; at most {Count(limit)} are read.",
            "No runtime writes it that large: do not trust this archive.");

    /// <summary>The content of a member is not what it must be.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="member">The member.</param>
    /// <param name="reason">What is wrong with it.</param>
    /// <param name="inner">What the parser said.</param>
    public static KubeCheckpointException ArchiveMemberInvalid(
        string path, ArchiveMember member, string reason, Exception? inner = null) =>
        new(nameof(ArchiveMemberInvalid), FailureCategory.InvalidData, path,
            $"'{path}' cannot be understood{Place(member.Name, member.DataOffset)}: {reason}.", FetchAgain, inner);

    /// <summary>A compressed archive that must be read at any offset could not be decompressed into a temporary file.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="folder">Where the temporary file was to be.</param>
    /// <param name="inner">What the system said.</param>
    public static KubeCheckpointException SpillFailed(string path, string folder, Exception inner) =>
        new(nameof(SpillFailed), FailureCategory.WriteError, path,
            $"'{path}' is compressed and has to be decompressed into '{folder}', which failed: {inner.Message}",
            "Make room there, or name another folder in TMPDIR (TEMP on Windows), or decompress the archive yourself.", inner);

    /// <summary>The pod's manifest beside an archive is there and cannot be read.</summary>
    /// <param name="path">The manifest's path.</param>
    /// <param name="reason">Why not.</param>
    /// <param name="inner">What the system said.</param>
    public static KubeCheckpointException PodManifestNotReadable(string path, string reason, Exception? inner = null) =>
        new(nameof(PodManifestNotReadable), FailureCategory.ReadError, path, $"The pod's manifest '{path}' cannot be read: {reason}",
            "Make the file readable, or move it away to go on without it.", inner);

    private static string Place(string? member, long offset) =>
        member is null ? $" at offset {Count(offset)}" : $" in member '{TerminalText.Excerpt(member)}' at offset {Count(offset)}";

    private static string Count(long value) => value.ToString(CultureInfo.InvariantCulture);
}

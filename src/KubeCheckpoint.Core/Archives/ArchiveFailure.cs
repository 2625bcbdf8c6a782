using System.Globalization;

namespace KubeCheckpoint.Archives;

/// <summary>Failures of reading checkpoint archives and writing files from them.</summary>
public static partial class ArchiveFailure
{
    private const string FetchAgain = "Fetch the archive again from its node and compare size and sha256, or take a new checkpoint.";

    private const string ImagesMoved =
        "The likely cause is 'images-dir' or 'work-dir' in /etc/criu/runc.conf, crun.conf or default.conf on the node: CRIU then writes elsewhere. "
        + "Remove that line and take a new checkpoint. The images of this one are in that folder of the node, until the next checkpoint replaces them.";

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
    /// <param name="kind">What the file is, or null.</param>
    /// <param name="inner">The error of the decompressor.</param>
    public static KubeCheckpointException NotAnArchive(string path, string reason, FileKind? kind, Exception? inner = null)
    {
        kind = kind is { IsTar: false } ? kind : null;
        return new(nameof(NotAnArchive), FailureCategory.InvalidData, path, $"'{path}' is not an archive: {(kind is null ? reason : $"it is {kind.Name}")}.",
            kind?.Advice ?? "Give a checkpoint archive of CRI-O, containerd or Podman: a tar, plain or compressed with gzip or zstd.", inner);
    }

    /// <summary>A folder has neither archives nor a checkpoint in it.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="kind">What it is, or null.</param>
    public static KubeCheckpointException FolderWithoutCheckpoint(string path, FileKind? kind) =>
        new(nameof(FolderWithoutCheckpoint), FailureCategory.ObjectNotFound, path,
            $"There is no checkpoint in the folder '{path}'{(kind is null ? "" : $": it is {kind.Name}")}.",
            kind?.Advice ?? "Give an archive (*.tar, *.tar.gz, *.tgz, *.tar.zst, *.tzst), a folder of archives, an expanded archive " +
            "(with config.dump or checkpoint/inventory.img), or a folder of CRIU images (with inventory.img).");

    /// <summary>The archive is compressed in a format that is not supported.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="format">The name of the compression.</param>
    /// <param name="command">The command that decompresses or repacks it.</param>
    /// <param name="inner">The error of the decompressor.</param>
    public static KubeCheckpointException CompressionNotSupported(string path, string format, string command, Exception? inner = null) =>
        new(nameof(CompressionNotSupported), FailureCategory.NotImplemented, path,
            $"'{path}' is compressed with {format}. An archive must be a plain tar, or compressed with gzip or zstd.",
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

    /// <summary>The tar has a member in a format that is not supported.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="member">The member.</param>
    /// <param name="offset">The offset in the tar, in bytes after decompression.</param>
    /// <param name="reason">The format.</param>
    public static KubeCheckpointException TarFormatNotSupported(string path, string member, long offset, string reason) =>
        new(nameof(TarFormatNotSupported), FailureCategory.NotImplemented, path,
            $"'{path}' is in a format that is not supported{Place(member, offset)}: {reason}.",
            "Unpack the archive and pack it again, without --sparse: tar -xf OLD.tar -C FOLDER, then tar -cf NEW.tar -C FOLDER .");

    /// <summary>An archive lacks a member that every checkpoint has.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="member">The member.</param>
    /// <param name="advice">What to do, where it is a checkpoint without this member; null where it is none.</param>
    /// <param name="kind">What the file is, or null.</param>
    public static KubeCheckpointException ArchiveMemberMissing(string path, string member, string? advice = null, FileKind? kind = null)
    {
        kind = advice is null && kind is { IsCheckpoint: false } ? kind : null;
        var missing = $"no member '{TerminalText.Excerpt(member)}'";
        return new(nameof(ArchiveMemberMissing), FailureCategory.InvalidData, path,
            $"'{path}' {(advice is not null ? $"has {missing}" : $"is not a checkpoint archive: it {(kind is null ? $"has {missing}" : $"is {kind.Name}")}")}.",
            advice ?? kind?.Advice ?? "Give the checkpoint archive of a single container. Checkpoints of whole pods and other tars are not supported.");
    }

    /// <summary>There are files of a container engine, but no CRIU images.</summary>
    /// <param name="path">The archive or folder.</param>
    public static KubeCheckpointException ImagesNotInArchive(string path) =>
        new(nameof(ImagesNotInArchive), FailureCategory.InvalidData, path, $"'{path}' has no CRIU images.", ImagesMoved);

    /// <summary>A pre-checkpoint has pages of memory, but no processes.</summary>
    /// <param name="path">The archive or folder.</param>
    public static KubeCheckpointException PreCheckpointOnly(string path) =>
        new(nameof(PreCheckpointOnly), FailureCategory.InvalidData, path,
            $"'{path}' is a pre-checkpoint: it has pages of memory, but neither processes nor open files.",
            "Use the checkpoint that was taken after it ('podman container checkpoint --with-previous'; 'criu dump --prev-images-dir'). A restore needs both.");

    /// <summary>An incremental checkpoint has only the pages that changed since an earlier one.</summary>
    /// <param name="path">The archive or folder.</param>
    /// <param name="member">The pagemap.</param>
    /// <param name="pages">How many pages are not in the archive.</param>
    public static KubeCheckpointException ParentNotInArchive(string path, string member, long pages) =>
        new(nameof(ParentNotInArchive), FailureCategory.InvalidData, path,
            $"'{path}' is an incremental checkpoint: {Count(pages)} pages of '{TerminalText.Excerpt(member)}' are in an earlier checkpoint, "
            + "which is not in it.",
            "Take a full checkpoint: without --with-previous (Podman), --parent-path (runc) or --prev-images-dir (CRIU). "
            + "Podman restores this one together with the earlier one: 'podman container restore --import ARCHIVE --import-previous EARLIER'.");

    /// <summary>Pages are not in the images: the dump sent them to a page server or left them on the node.</summary>
    /// <param name="path">The archive or folder.</param>
    /// <param name="reason">Where they are.</param>
    public static KubeCheckpointException MemoryNotDumped(string path, string reason) =>
        new(nameof(MemoryNotDumped), FailureCategory.InvalidData, path, $"'{path}' lacks memory of its processes: {reason}.",
            "Take a checkpoint without --page-server and --lazy-pages, or put the pages-*.img and pagemap-*.img of the page server beside the other images.");

    /// <summary>A pages file is shorter than its pagemap says.</summary>
    /// <param name="path">The archive or folder.</param>
    /// <param name="pages">The pages file.</param>
    /// <param name="length">How many bytes it has.</param>
    /// <param name="pagemap">The pagemap.</param>
    /// <param name="size">How many bytes the pagemap counts.</param>
    public static KubeCheckpointException PagesMissing(string path, string pages, long length, string pagemap, long size) =>
        new(nameof(PagesMissing), FailureCategory.InvalidData, path,
            $"'{path}' lacks pages of memory: '{TerminalText.Excerpt(pages)}' has {Count(length)} bytes, "
            + $"but '{TerminalText.Excerpt(pagemap)}' counts {Count(size)}.",
            FetchAgain);

    /// <summary>The memory of an archive went from its node to a registry only.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="pages">The pages file.</param>
    public static KubeCheckpointException PagesNotKept(string path, string pages) =>
        new(nameof(PagesNotKept), FailureCategory.ResourceUnavailable, path,
            $"'{TerminalText.Excerpt(pages)}' of '{path}' is not on this computer: the memory of the processes was sent to the registry only.",
            "Keep the archive with -Destination, or save it with Save-CheckpointArchive.");

    /// <summary>All members of a tar are inside one folder.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="folder">The folder.</param>
    public static KubeCheckpointException ArchiveInFolder(string path, string folder) =>
        new(nameof(ArchiveInFolder), FailureCategory.InvalidData, path,
            $"The checkpoint in '{path}' is in the folder '{TerminalText.Excerpt(folder)}/' of the tar, where no container runtime finds it.",
            "Unpack the archive and pack the content of that folder: tar -xf OLD.tar, then tar -cf NEW.tar -C FOLDER . "
            + "Expand-CheckpointArchive can unpack it too.");

    /// <summary>There are CRIU images, but nothing about the container.</summary>
    /// <param name="path">The archive or folder.</param>
    public static KubeCheckpointException ContainerUnknown(string path) =>
        new(nameof(ContainerUnknown), FailureCategory.InvalidData, path,
            $"'{path}' has CRIU images, but neither config.dump nor spec.dump: no container runtime can restore a container from it.",
            "Restore it with the tool that wrote it, such as 'criu restore', 'docker start --checkpoint' or 'lxc-checkpoint -r'. " +
            "For a restore in Kubernetes, take the checkpoint with Invoke-ContainerCheckpoint or with 'podman container checkpoint --export'.");

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

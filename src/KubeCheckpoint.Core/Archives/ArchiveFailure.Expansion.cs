namespace KubeCheckpoint.Archives;

public static partial class ArchiveFailure
{
    /// <summary>The archive has no member with this name.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="member">The name.</param>
    public static KubeCheckpointException MemberNotFound(string path, string member) =>
        new(nameof(MemberNotFound), FailureCategory.ObjectNotFound, path, $"'{path}' has no member '{TerminalText.Excerpt(member)}'.",
            "Check the name, or use a wildcard such as checkpoint/core-*. Names do not begin with './'.");

    /// <summary>A member is a link or a device; only files and folders are written.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="member">The member.</param>
    public static KubeCheckpointException MemberNotExpandable(string path, ArchiveMember member) =>
        new(nameof(MemberNotExpandable), FailureCategory.SecurityError, member.Name,
            $"'{path}' has a {member.Kind}{Place(member.Name, member.HeaderOffset)}; only files and folders are written.",
            "A link could redirect later files out of the destination. Runtimes write links only among the volumes of a container.");

    /// <summary>A member has a name that is not valid on this system.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="member">The member.</param>
    /// <param name="reason">The reason.</param>
    public static KubeCheckpointException MemberNameNotUsable(string path, ArchiveMember member, string reason) =>
        new(nameof(MemberNameNotUsable), FailureCategory.InvalidArgument, member.Name,
            $"Cannot write a file for '{path}'{Place(member.Name, member.HeaderOffset)}: {reason}.",
            "Expand the archive on Linux, or leave this member out with -Member.");

    /// <summary>The destination has a link where a folder is needed.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="member">The member.</param>
    /// <param name="link">The link.</param>
    public static KubeCheckpointException DestinationLeadsAway(string path, ArchiveMember member, string link) =>
        new(nameof(DestinationLeadsAway), FailureCategory.SecurityError, link,
            $"'{link}' is a link: member '{TerminalText.Excerpt(member.Name)}' of '{path}' would be written outside of the destination.",
            "Remove the link, or use an empty -Destination.");

    /// <summary>A file or folder already exists at the destination.</summary>
    /// <param name="path">The file's path.</param>
    /// <param name="isFolder">True where it is a folder.</param>
    public static KubeCheckpointException DestinationExists(string path, bool isFolder) =>
        new(nameof(DestinationExists), FailureCategory.ResourceExists, path,
            isFolder ? $"'{path}' is a folder; a file cannot be written there." : $"'{path}' already exists.",
            isFolder
                ? "Choose another destination, or remove the folder."
                : "Choose another destination, or replace the file: Save-CheckpointArchive, Expand-CheckpointArchive and the Export cmdlets have -Force.");

    /// <summary>The destination cannot be written.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="inner">The error of the operating system.</param>
    public static KubeCheckpointException DestinationNotWritable(string path, Exception inner) =>
        new(nameof(DestinationNotWritable), FailureCategory.WriteError, path, $"'{path}' cannot be written: {inner.Message}",
            "Choose another destination, or change its owner or mode.", inner);

    /// <summary>The destination's disk is full.</summary>
    /// <param name="path">The file.</param>
    /// <param name="inner">The error of the operating system, or null where the space was too small from the start.</param>
    public static KubeCheckpointException DestinationDiskFull(string path, Exception? inner = null) =>
        new(nameof(DestinationDiskFull), FailureCategory.WriteError, path, $"Not enough disk space for '{path}'. No partial file was left.",
            "Free some space, or choose a destination on another disk.", inner);

    /// <summary>The destination's disk has too little space for what is about to be written. Nothing was written.</summary>
    /// <param name="path">The file.</param>
    /// <param name="needed">How many bytes it takes on the disk.</param>
    /// <param name="available">How many bytes are free.</param>
    public static KubeCheckpointException DestinationDiskFull(string path, long needed, long available) =>
        new(nameof(DestinationDiskFull), FailureCategory.WriteError, path,
            $"Not enough disk space for '{path}': it takes up to {Count(needed)} bytes, and {Count(available)} are free. Nothing was written.",
            "Free some space, or choose a destination on another disk.");
}

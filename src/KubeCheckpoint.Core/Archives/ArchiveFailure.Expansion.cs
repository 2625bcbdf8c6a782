namespace KubeCheckpoint.Archives;

public static partial class ArchiveFailure
{
    /// <summary>The archive has no member of a name that was asked for.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="member">The name.</param>
    public static KubeCheckpointException MemberNotFound(string path, string member) =>
        new(nameof(MemberNotFound), FailureCategory.ObjectNotFound, path, $"'{path}' has no member '{TerminalText.Excerpt(member)}'.",
            "Check the name, or give a wildcard such as checkpoint/core-*; names do not begin with './'.");

    /// <summary>A member is a link or a device, and only files and folders are written.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="member">The member.</param>
    public static KubeCheckpointException MemberNotExpandable(string path, ArchiveMember member) =>
        new(nameof(MemberNotExpandable), FailureCategory.SecurityError, member.Name,
            $"'{path}' has a {member.Kind}{Place(member.Name, member.HeaderOffset)}; only files and folders are written.",
            "A link could lead what is written after it out of the destination. No runtime puts one into a checkpoint, except among a container's volumes.");

    /// <summary>A member has a name that this system has no file for.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="member">The member.</param>
    /// <param name="reason">Why not.</param>
    public static KubeCheckpointException MemberNameNotUsable(string path, ArchiveMember member, string reason) =>
        new(nameof(MemberNameNotUsable), FailureCategory.InvalidArgument, member.Name,
            $"No file can be written for '{path}'{Place(member.Name, member.HeaderOffset)}: {reason}.",
            "Expand the archive on Linux, or leave this member out with -Member.");

    /// <summary>In the destination lies a link where a folder is needed.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="member">The member.</param>
    /// <param name="link">The link.</param>
    public static KubeCheckpointException DestinationLeadsAway(string path, ArchiveMember member, string link) =>
        new(nameof(DestinationLeadsAway), FailureCategory.SecurityError, link,
            $"'{link}' is a link: member '{TerminalText.Excerpt(member.Name)}' of '{path}' would be written somewhere else.",
            "Remove the link, or give a -Destination that is empty.");

    /// <summary>A file or folder stands where a file is to be written.</summary>
    /// <param name="path">The file's path.</param>
    /// <param name="isFolder">True where it is a folder.</param>
    public static KubeCheckpointException DestinationExists(string path, bool isFolder) =>
        new(nameof(DestinationExists), FailureCategory.ResourceExists, path,
            isFolder ? $"'{path}' is a folder, and a file is to be written there." : $"'{path}' exists already and is not overwritten.",
            isFolder
                ? "Choose another destination, or remove the folder."
                : "Choose another destination, or replace the file: Save-CheckpointArchive, Expand-CheckpointArchive and the Export cmdlets do with -Force.");

    /// <summary>The destination cannot be written.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="inner">What the system said.</param>
    public static KubeCheckpointException DestinationNotWritable(string path, Exception inner) =>
        new(nameof(DestinationNotWritable), FailureCategory.WriteError, path, $"'{path}' cannot be written: {inner.Message}",
            "Choose another destination, or change its owner or mode.", inner);

    /// <summary>The disk of the destination is full.</summary>
    /// <param name="path">The file.</param>
    /// <param name="inner">What the system said, or null where there was not room enough from the start.</param>
    public static KubeCheckpointException DestinationDiskFull(string path, Exception? inner = null) =>
        new(nameof(DestinationDiskFull), FailureCategory.WriteError, path, $"There is no room for '{path}'; no partial file is left.",
            "Free some space, or choose a destination on another disk.", inner);
}

using System.Text;

namespace KubeCheckpoint.Archives.Tar;

/// <summary>Normalizes the names of members.</summary>
internal static class MemberName
{
    /// <summary>
    /// Removes <c>.</c> and empty parts, and the leading slash of an absolute name, as GNU tar and runtimes do. Returns an empty name for the
    /// root itself, and null with a reason for a name that leaves the archive's root or cannot be a path.
    /// </summary>
    public static string? Clean(string raw, out string reason)
    {
        reason = "";
        if (raw.Length == 0)
            reason = "a member has no name";
        else if (Encoding.UTF8.GetByteCount(raw) > ArchiveLimits.NameLength)
            reason = "a member's name is longer than 4096 bytes";
        else if (raw.Contains('\0', StringComparison.Ordinal))
            reason = "a member's name contains a zero byte";
        if (reason.Length > 0)
            return null;

        var parts = raw.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != ".").ToArray();
        if (!parts.Contains(".."))
            return string.Join('/', parts);
        reason = "a member's name leaves the archive with '..'";
        return null;
    }
}

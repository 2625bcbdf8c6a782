using System.Globalization;

namespace KubeCheckpoint;

/// <summary>A lock on an open file.</summary>
/// <param name="Kind">Who it belongs to.</param>
/// <param name="Access">Read for a shared lock, Write for an exclusive one; null where the archive says something else.</param>
/// <param name="Start">The first byte.</param>
/// <param name="Length">How many bytes, or null for all up to the end of the file, wherever that will be.</param>
public sealed record CheckpointFileLock(FileLockKind Kind, FileAccess? Access, long Start, long? Length)
{
    /// <summary>As <c>/proc/locks</c> has it: <c>POSIX WRITE 100 149</c>, <c>FLOCK WRITE 0 EOF</c>.</summary>
    public override string ToString()
    {
        var end = Length is { } length ? (Start + length - 1).ToString(CultureInfo.InvariantCulture) : "EOF";
        var kind = Kind == FileLockKind.OpenFileDescription ? "OFDLCK" : Kind.ToString().ToUpperInvariant();
        return string.Create(CultureInfo.InvariantCulture, $"{kind} {Access?.ToString().ToUpperInvariant() ?? "?"} {Start} {end}");
    }
}

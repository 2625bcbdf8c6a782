using System.Globalization;

namespace KubeCheckpoint;

/// <summary>A lock on an open file.</summary>
/// <param name="Kind">The kind of lock, which tells who owns it.</param>
/// <param name="Access">Read for a shared lock, Write for an exclusive one; null for any other value in the archive.</param>
/// <param name="Start">The first byte.</param>
/// <param name="Length">How many bytes, or null for everything up to the end of the file, however it grows.</param>
public sealed record CheckpointFileLock(FileLockKind Kind, FileAccess? Access, long Start, long? Length)
{
    /// <summary>As <c>/proc/locks</c> shows it: <c>POSIX WRITE 100 149</c>, <c>FLOCK WRITE 0 EOF</c>.</summary>
    public override string ToString()
    {
        var end = Length is { } length ? (Start + length - 1).ToString(CultureInfo.InvariantCulture) : "EOF";
        var kind = Kind == FileLockKind.OpenFileDescription ? "OFDLCK" : Kind.ToString().ToUpperInvariant();
        return string.Create(CultureInfo.InvariantCulture, $"{kind} {Access?.ToString().ToUpperInvariant() ?? "?"} {Start} {end}");
    }
}

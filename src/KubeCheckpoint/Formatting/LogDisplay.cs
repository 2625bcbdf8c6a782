using System.Globalization;
using System.Text;

namespace KubeCheckpoint.Formatting;

/// <summary>Lines of logs as the views show them. Called by Views/Logs.format.ps1xml.</summary>
public static class LogDisplay
{
    // A terminal gets at most this much of a line; the object has all of it.
    private const int Longest = 4096;

    /// <summary>A time in UTC to the millisecond.</summary>
    /// <param name="time">The time, or null.</param>
    public static string Time(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture) ?? "";

    /// <summary>Seconds since CRIU began, to the microsecond.</summary>
    /// <param name="time">The time, or null.</param>
    public static string Elapsed(TimeSpan? time) => time?.TotalSeconds.ToString("0.000000", CultureInfo.InvariantCulture) ?? "";

    /// <summary>The archive of a dump log, or the log's own path.</summary>
    /// <param name="entry">The entry.</param>
    public static string? Source(CheckpointDumpLogEntry entry) =>
        Display.Printable(entry.ArchivePath is null ? entry.LogPath : $"{entry.ArchivePath} ({entry.LogPath})");

    /// <summary>A message, safe for a terminal.</summary>
    /// <param name="message">The message.</param>
    public static string Message(string message)
    {
        var shown = message.Length > Longest ? message[..Longest] : message;
        return Display.Printable(shown.Replace("\t", "    ", StringComparison.Ordinal)) + (message.Length > Longest ? "..." : "");
    }

    /// <summary>A message of CRIU, with its cause and remedy below it if they are known.</summary>
    /// <param name="entry">The entry.</param>
    public static string Explained(CheckpointDumpLogEntry entry)
    {
        var text = new StringBuilder(Message(entry.Message));
        if (entry.Cause is not null)
            text.Append("\n  cause:  ").Append(Display.Printable(entry.Cause));
        if (entry.Remedy is not null)
            text.Append("\n  remedy: ").Append(Display.Printable(entry.Remedy));
        return text.ToString();
    }
}

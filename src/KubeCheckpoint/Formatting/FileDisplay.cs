using System.Globalization;

namespace KubeCheckpoint.Formatting;

/// <summary>Files of a container as the views show them. Called by Views/Files.format.ps1xml.</summary>
public static class FileDisplay
{
    /// <summary>Owner and group, by name where the archive has names: <c>1000:1000</c>.</summary>
    /// <param name="file">The file.</param>
    public static string Owner(CheckpointFileChange file)
    {
        var user = Display.Printable(file.UserName) ?? file.UserId?.ToString(CultureInfo.InvariantCulture);
        var group = Display.Printable(file.GroupName) ?? file.GroupId?.ToString(CultureInfo.InvariantCulture);
        return user is null && group is null ? "" : $"{user}:{group}";
    }

    /// <summary>A time in UTC to the second, as files of a container have no zone.</summary>
    /// <param name="time">The time, or null.</param>
    public static string Time(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) ?? "";

    /// <summary>The path, and behind an arrow where a link points, as ls shows it.</summary>
    /// <param name="file">The file.</param>
    public static string Target(CheckpointFileChange file) =>
        file.LinkTarget is null ? Display.Printable(file.Path)! : $"{Display.Printable(file.Path)} -> {Display.Printable(file.LinkTarget)}";
}

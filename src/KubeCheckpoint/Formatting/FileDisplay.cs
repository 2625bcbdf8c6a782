using System.Globalization;

namespace KubeCheckpoint.Formatting;

/// <summary>Files and paths as the views show them. Called by the files in Views.</summary>
public static class FileDisplay
{
    /// <summary>The last part of a path, on the node or on this machine.</summary>
    /// <param name="path">The path.</param>
    public static string? FileName(string path) => Display.Printable(path[(Separator(path) + 1)..]);

    /// <summary>The folder of a path, on the node or on this machine.</summary>
    /// <param name="path">The path.</param>
    public static string? Directory(string path) => Display.Printable(path[..Math.Max(Separator(path), 0)]);

    /// <summary>Owner and group, by name if the archive has names: <c>1000:1000</c>.</summary>
    /// <param name="file">The file.</param>
    public static string Owner(CheckpointFileChange file)
    {
        var user = Display.Printable(file.UserName) ?? file.UserId?.ToString(CultureInfo.InvariantCulture);
        var group = Display.Printable(file.GroupName) ?? file.GroupId?.ToString(CultureInfo.InvariantCulture);
        return user is null && group is null ? "" : $"{user}:{group}";
    }

    /// <summary>A time in UTC to the minute, as files of a container have no time zone.</summary>
    /// <param name="time">The time, or null.</param>
    public static string Time(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) ?? "";

    /// <summary>A path, for a link its target after an arrow as ls shows it, and capabilities as getcap shows them.</summary>
    /// <param name="file">The file.</param>
    public static string? Changed(CheckpointFileChange file)
    {
        var path = string.IsNullOrEmpty(file.LinkTarget) ? file.Path : $"{file.Path} -> {file.LinkTarget}";
        return Display.Printable(file.Capability is null ? path : $"{path} {file.Capability}");
    }

    /// <summary>The extended attributes, each as <c>name=value</c>.</summary>
    /// <param name="file">The file.</param>
    public static string? Attributes(CheckpointFileChange file) => Display.Printable(string.Join(", ", file.ExtendedAttributes));

    /// <summary>What is mapped into memory: a path, or a kind in brackets.</summary>
    /// <param name="path">The path or kind.</param>
    /// <param name="isDeleted">Whether the file has been deleted.</param>
    public static string? Mapped(string? path, bool isDeleted) => Display.Printable(isDeleted ? $"{path} (deleted)" : path);

    /// <summary>What a descriptor points to, and its detail after it.</summary>
    /// <param name="target">The path or name.</param>
    /// <param name="detail">The detail, or null.</param>
    public static string? Target(string? target, string? detail) => Display.Printable(string.IsNullOrEmpty(detail) ? target : $"{target} {detail}");

    private static int Separator(string path) => path.AsSpan().LastIndexOfAny('/', '\\');
}

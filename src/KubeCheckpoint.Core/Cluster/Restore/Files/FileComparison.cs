using System.Globalization;

namespace KubeCheckpoint.Cluster.Restore.Files;

/// <summary>
/// Compares a file of a restored container with what the archive says of it. The process runs already, and may have changed its files: a difference
/// counts only where nothing has changed the file, or the folder that lacks it, since the process was restored.
/// </summary>
internal static class FileComparison
{
    // A clock of seconds and one of hundredths that are read one after the other.
    private const int Tolerance = 1;

    private static readonly string[] PassingFolders = ["/tmp/", "/var/tmp/", "/run/", "/var/run/", "/var/lock/", "/var/log/", "/var/cache/"];
    private static readonly string[] PassingEndings = [".pid", ".lock", ".sock", ".tmp", ".swp"];

    /// <summary>The difference, or null.</summary>
    /// <param name="container">The container.</param>
    /// <param name="expected">What the archive says.</param>
    /// <param name="actual">What is there.</param>
    /// <param name="startedAt">When the process was restored, in seconds since 1970, or null where that is not known.</param>
    public static RestoredFileDifference? Compare(string container, ExpectedFile expected, ObservedFile actual, long? startedAt)
    {
        if (actual.Kind == ObservedKind.OtherMount || actual.ChangedAt > startedAt + Tolerance)
            return null;
        RestoredFileDifference Difference(RestoredFileProblem problem, string? wanted, string? found) =>
            new() { ContainerName = container, Path = expected.Path, Problem = problem, Expected = wanted, Actual = found };
        if (actual.Kind == ObservedKind.Missing)
            return IsPassing(expected.Path) ? null : Difference(RestoredFileProblem.Missing, expected.Type.ToString(), null);
        if (actual.Kind != KindOf(expected.Type))
            return Difference(RestoredFileProblem.OtherType, expected.Type.ToString(), actual.Kind.ToString());
        // Without those times nothing tells whether the process has written to it.
        if (startedAt is null || actual.ChangedAt is null || expected.Type != CheckpointFileType.File)
            return null;
        // The archive's time is restored with the file: a later one is from a write of the process itself.
        if (actual.ModifiedAt >= startedAt - Tolerance)
            return null;
        if (actual.Size != expected.Size)
            return Difference(RestoredFileProblem.OtherSize, Text(expected.Size), Text(actual.Size));
        return expected.ModifiedAt is { } modified && actual.ModifiedAt is { } found && Math.Abs(modified.ToUnixTimeSeconds() - found) > Tolerance
            ? Difference(RestoredFileProblem.OtherTime, Time(modified), Time(DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(found, 0, int.MaxValue))))
            : null;
    }

    private static bool IsPassing(string path) =>
        PassingFolders.Any(folder => path.StartsWith(folder, StringComparison.Ordinal))
        || PassingEndings.Any(ending => path.EndsWith(ending, StringComparison.Ordinal));

    private static ObservedKind KindOf(CheckpointFileType type) => type switch
    {
        CheckpointFileType.File or CheckpointFileType.HardLink => ObservedKind.File,
        CheckpointFileType.Directory => ObservedKind.Directory,
        CheckpointFileType.SymbolicLink => ObservedKind.SymbolicLink,
        _ => ObservedKind.Other,
    };

    private static string? Text(long? size) => size?.ToString(CultureInfo.InvariantCulture);

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}

using System.Globalization;

namespace KubeCheckpoint.Formatting;

/// <summary>Differences of archives as the view shows them: like the lines of a diff.</summary>
public static class DifferenceDisplay
{
    // PowerShell takes colours out where the output is a file, or where NO_COLOR or $PSStyle.OutputRendering ask for plain text.
    private const string Red = "\u001b[31m";
    private const string Green = "\u001b[32m";
    private const string Yellow = "\u001b[33m";
    private const string Reset = "\u001b[0m";

    /// <summary>The two archives.</summary>
    /// <param name="difference">A difference between them.</param>
    public static string Header(CheckpointDifference difference) =>
        $"{Path.GetFileName(difference.ReferencePath)} -> {Path.GetFileName(difference.ArchivePath)}";

    /// <summary>One line for what was added or removed, three for what was changed.</summary>
    /// <param name="difference">The difference.</param>
    public static string Lines(CheckpointDifference difference)
    {
        var subject = Subject(difference);
        return difference switch
        {
            { Kind: CheckpointDifferenceKind.Memory } => $"{Sign(difference.Change)} {subject}: {difference.Memory}{Reset}",
            { Change: CheckpointChange.Added } => $"{Green}+ {subject}: {Text(difference.After)}{Reset}",
            { Change: CheckpointChange.Removed } => $"{Red}- {subject}: {Text(difference.Before)}{Reset}",
            _ => string.Join(Environment.NewLine, $"{Yellow}~ {subject}{Reset}", $"{Red}    - {Text(difference.Before)}{Reset}", $"{Green}    + {Text(difference.After)}{Reset}"),
        };
    }

    private static string Sign(CheckpointChange change) => change switch
    {
        CheckpointChange.Added => Green + "+",
        CheckpointChange.Removed => Red + "-",
        _ => Yellow + "~",
    };

    private static string Subject(CheckpointDifference difference)
    {
        var process = difference.ProcessId is null
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $" {difference.ProcessId} {Text(difference.ProcessName)}");
        var isNamed = difference.Kind != CheckpointDifferenceKind.CommandLine && difference.Name != difference.ProcessName;
        return $"{difference.Kind}{process}{(isNamed ? " " + Text(difference.Name) : "")}";
    }

    private static string? Text(string? value) => Display.Printable(value);
}

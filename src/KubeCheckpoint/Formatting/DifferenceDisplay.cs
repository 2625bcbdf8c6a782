using System.Globalization;

namespace KubeCheckpoint.Formatting;

/// <summary>Differences of archives as the view shows them: like the lines of a diff.</summary>
public static class DifferenceDisplay
{
    /// <summary>The two archives.</summary>
    /// <param name="difference">A difference between them.</param>
    public static string Header(CheckpointDifference difference) =>
        TerminalText.Line($"{Path.GetFileName(difference.ReferencePath)} -> {Path.GetFileName(difference.ArchivePath)}");

    /// <summary>One line for what was added or removed, three for what changed.</summary>
    /// <param name="difference">The difference.</param>
    /// <param name="red">The colour of what was removed; PowerShell drops colours if $PSStyle.OutputRendering or NO_COLOR ask for plain text.</param>
    /// <param name="green">The colour of what was added.</param>
    /// <param name="yellow">The colour of what changed.</param>
    /// <param name="reset">The end of a colour.</param>
    public static string Lines(CheckpointDifference difference, string red, string green, string yellow, string reset)
    {
        var subject = Subject(difference);
        return difference switch
        {
            { Kind: CheckpointDifferenceKind.Memory } => $"{Sign(difference.Change)} {subject}: {difference.Memory}{reset}",
            { Change: CheckpointChange.Added } => $"{green}+ {subject}: {Text(difference.After)}{reset}",
            { Change: CheckpointChange.Removed } => $"{red}- {subject}: {Text(difference.Before)}{reset}",
            _ => string.Join(
                Environment.NewLine,
                $"{yellow}~ {subject}{reset}",
                $"{red}    - {Text(difference.Before)}{reset}",
                $"{green}    + {Text(difference.After)}{reset}"),
        };

        string Sign(CheckpointChange change) => change switch
        {
            CheckpointChange.Added => green + "+",
            CheckpointChange.Removed => red + "-",
            _ => yellow + "~",
        };
    }

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

namespace KubeCheckpoint;

/// <summary>The files of a restored pod that differ from its checkpoint: the target of the error RestoredFilesDiffer.</summary>
public sealed record RestoredFiles
{
    /// <summary>The namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>The restored pod.</summary>
    public required string PodName { get; init; }

    /// <summary>How many files were compared.</summary>
    public required int FilesCompared { get; init; }

    /// <summary>The differences, at most 1000.</summary>
    public required IReadOnlyList<RestoredFileDifference> Differences { get; init; }

    /// <summary>The pod and the number of differences.</summary>
    public override string ToString() => TerminalText.Line($"{Namespace}/{PodName}: {Differences.Count} of {FilesCompared} files differ");
}

namespace KubeCheckpoint.Archives.Comparison;

/// <summary>What is compared between two archives.</summary>
/// <param name="ReferencePath">The archive of the state before.</param>
/// <param name="DifferencePath">The archive of the state after.</param>
public sealed record ComparisonRequest(string ReferencePath, string DifferencePath)
{
    /// <summary>The kinds of differences to report.</summary>
    public IReadOnlyCollection<CheckpointDifferenceKind> Kinds { get; init; } = Enum.GetValues<CheckpointDifferenceKind>();

    /// <summary>The processes to compare; applied to each archive.</summary>
    public ProcessFilter Filter { get; init; } = static (_, _) => true;
}

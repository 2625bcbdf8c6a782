namespace KubeCheckpoint.Archives.Comparison;

/// <summary>What of two archives is compared.</summary>
/// <param name="ReferencePath">The archive of the state before.</param>
/// <param name="DifferencePath">The archive of the state after.</param>
public sealed record ComparisonRequest(string ReferencePath, string DifferencePath)
{
    /// <summary>Which kinds of differences are looked for.</summary>
    public IReadOnlyCollection<CheckpointDifferenceKind> Kinds { get; init; } = Enum.GetValues<CheckpointDifferenceKind>();

    /// <summary>Which processes are compared, asked of each archive.</summary>
    public ProcessFilter Filter { get; init; } = static (_, _) => true;
}

namespace KubeCheckpoint.Archives.Search;

/// <summary>What is known about all matches of a regular expression in advance.</summary>
/// <param name="MaximumLength">The maximum length in characters; null where there is no known limit.</param>
/// <param name="Required">Texts of which each match contains at least one; null where none is known.</param>
/// <param name="IgnoresCase">Whether parts of it ignore case.</param>
/// <param name="LooksAround">Whether it may inspect text before or after the match.</param>
internal sealed record PatternShape(int? MaximumLength, RequiredText? Required, bool IgnoresCase, bool LooksAround)
{
    /// <summary>Nothing is known.</summary>
    public static PatternShape Unknown { get; } = new(null, null, true, true);
}

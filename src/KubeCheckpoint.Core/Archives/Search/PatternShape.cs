namespace KubeCheckpoint.Archives.Search;

/// <summary>What can be said of all matches of a regular expression without looking for them.</summary>
/// <param name="MaximumLength">The most characters one has; null where there is no bound, or none is known.</param>
/// <param name="Required">Texts of which each match holds one; null where none is known.</param>
/// <param name="IgnoresCase">Whether parts of it take either case.</param>
/// <param name="LooksAround">Whether it may look at what is before or behind the match.</param>
internal sealed record PatternShape(int? MaximumLength, RequiredText? Required, bool IgnoresCase, bool LooksAround)
{
    /// <summary>Nothing is known.</summary>
    public static PatternShape Unknown { get; } = new(null, null, true, true);
}

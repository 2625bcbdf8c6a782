namespace KubeCheckpoint.Archives.Search;

/// <summary>Texts of which every match of a pattern contains one.</summary>
/// <param name="Texts">The texts, none of them empty.</param>
/// <param name="Reach">The most characters of the match that come before it; null where there is no bound.</param>
internal sealed record RequiredText(IReadOnlyList<string> Texts, int? Reach)
{
    // Longer texts are rarer; a known position in the match is worth more than a character.
    private int Worth => Math.Min(16, Texts.Min(text => text.Length)) * 4 + (Reach is null ? 0 : 6) - Texts.Count;

    /// <summary>The better of two to search for.</summary>
    public static RequiredText? Better(RequiredText? first, RequiredText? second) =>
        first is null || (second is not null && second.Worth > first.Worth) ? second : first;

    /// <summary>The same, where more comes before it.</summary>
    public RequiredText Behind(int? length) => this with { Reach = Reach + length };
}

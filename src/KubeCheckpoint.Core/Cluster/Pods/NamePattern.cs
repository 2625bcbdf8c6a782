namespace KubeCheckpoint.Cluster.Pods;

/// <summary>A name as the user typed it, with or without wildcards.</summary>
/// <param name="text">The text as typed.</param>
/// <param name="hasWildcards">True when the text is a pattern and not the name itself.</param>
/// <param name="isMatch">Whether a name matches the text.</param>
public sealed class NamePattern(string text, bool hasWildcards, Func<string, bool> isMatch)
{
    /// <summary>The text as typed.</summary>
    public string Text { get; } = text;

    /// <summary>True when the text is a pattern and not the name itself.</summary>
    public bool HasWildcards { get; } = hasWildcards;

    /// <summary>Creates a pattern that matches one name only.</summary>
    /// <param name="name">The name.</param>
    public static NamePattern Exact(string name) => new(name, hasWildcards: false, other => other == name);

    /// <summary>Whether a name matches.</summary>
    /// <param name="name">The name of an object in the cluster.</param>
    public bool IsMatch(string name) => isMatch(name);

    /// <summary>The text as typed.</summary>
    public override string ToString() => Text;
}

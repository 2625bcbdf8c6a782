namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>Quotes words for <c>sh</c>.</summary>
internal static class ShellWord
{
    /// <summary>Puts a word in single quotes, within which only the single quote is special.</summary>
    public static string Quote(string word) => $"'{word.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}

namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>Quotes words for <c>sh</c>.</summary>
internal static class ShellWord
{
    /// <summary>Within single quotes only the single quote itself means anything.</summary>
    public static string Quote(string word) => $"'{word.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}

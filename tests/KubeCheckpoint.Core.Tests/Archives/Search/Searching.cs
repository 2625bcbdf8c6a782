using KubeCheckpoint.Archives.Search;

namespace KubeCheckpoint.Core.Tests.Archives.Search;

/// <summary>Runs searches to their end.</summary>
internal static class Searching
{
    public const int UsualBatch = 512 * 1024;

    public static List<CheckpointMemoryMatch> Find(string path, MemorySearchOptions options, MemorySearchScope? scope = null, int batchSize = UsualBatch) =>
        Find(path, options, failure => throw failure, scope, batchSize);

    public static List<CheckpointMemoryMatch> Find(
        string path, MemorySearchOptions options, Action<KubeCheckpointException> report, MemorySearchScope? scope = null, int batchSize = UsualBatch) =>
        Task.Run(() => FindAsync(path, MemorySearch.Create(options, batchSize), report, scope ?? MemorySearchScope.All)).GetAwaiter().GetResult();

    /// <summary>A search for a literal text, in one encoding.</summary>
    public static MemorySearchOptions Text(string text, MemoryEncoding encoding = MemoryEncoding.Utf8, bool caseSensitive = true) =>
        new() { Patterns = [text], SimpleMatch = true, CaseSensitive = caseSensitive, Encoding = encoding };

    /// <summary>A search for a regular expression, in one encoding.</summary>
    public static MemorySearchOptions Expression(string pattern, MemoryEncoding encoding = MemoryEncoding.Utf8, bool caseSensitive = true) =>
        new() { Patterns = [pattern], CaseSensitive = caseSensitive, Encoding = encoding };

    private static async Task<List<CheckpointMemoryMatch>> FindAsync(
        string path, MemorySearch search, Action<KubeCheckpointException> report, MemorySearchScope scope)
    {
        var matches = new List<CheckpointMemoryMatch>();
        await foreach (var match in search.FindAsync(path, scope, Report, null, CancellationToken.None))
            matches.Add(match);
        return matches;

        Task Report(KubeCheckpointException failure)
        {
            report(failure);
            return Task.CompletedTask;
        }
    }
}

using System.Diagnostics;
using System.Globalization;
using KubeCheckpoint.Archives.Search;
using KubeCheckpoint.Benchmarks.Measuring;
using KubeCheckpoint.Benchmarks.Synthetic;

namespace KubeCheckpoint.Benchmarks;

/// <summary>Searching the memory in an archive of 1 GiB, against grep, reading the file and hashing it.</summary>
internal static class SearchBenchmark
{
    private const long MemorySize = 1L << 30;
    private const string Needle = "KC-BENCH-needle-4711";

    public static void Run()
    {
        using var folder = new ScratchFolder();
        var archive = folder.Write("search.tar", new SyntheticArchiveOptions
        {
            MemorySize = MemorySize,
            Needles = [(MemorySize / 2 + 100, Needle), (MemorySize - 2000, Needle)],
        });
        new Contest("search 1 GiB of memory", 7)
            .Enter("grep -c -a -F", () => Grep(archive))
            .Enter("sequential read", () => SequentialRead.Run(archive))
            .Enter("text, UTF-8, case-sensitive", () => Search(archive, new MemorySearchOptions { Patterns = [Needle], SimpleMatch = true, CaseSensitive = true, Encoding = MemoryEncoding.Utf8 }))
            .Enter("text, UTF-8 and UTF-16, any case (the default)", () => Search(archive, new MemorySearchOptions { Patterns = [Needle] }))
            .Enter("expression with a literal", () => Search(archive, new MemorySearchOptions { Patterns = [@"kc-bench-\w+-\d{4}"] }))
            .Enter("expression without a literal", () => Search(archive, new MemorySearchOptions { Patterns = [@"[A-Z]{2}-[A-Z]{5}-[a-z]{6}-\d{4}"], CaseSensitive = true, Encoding = MemoryEncoding.Utf8 }))
            .Run();
    }

    private static void Grep(string archive)
    {
        var start = new ProcessStartInfo("grep", ["-c", "-a", "-F", Needle, archive]) { RedirectStandardOutput = true };
        start.Environment["LC_ALL"] = "C";
        using var grep = Process.Start(start)!;
        Check(int.Parse(grep.StandardOutput.ReadToEnd(), CultureInfo.InvariantCulture));
    }

    private static void Search(string archive, MemorySearchOptions options) => Check(CountAsync(archive, MemorySearch.Create(options)).GetAwaiter().GetResult());

    private static async Task<int> CountAsync(string archive, MemorySearch search)
    {
        var count = 0;
        await foreach (var match in search.FindAsync(archive, MemorySearchScope.All, failure => throw failure, null, CancellationToken.None))
            count++;
        return count;
    }

    private static void Check(int count)
    {
        if (count != 2)
            throw new InvalidOperationException($"{count} matches were found where 2 are.");
    }
}

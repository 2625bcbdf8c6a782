using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using KubeCheckpoint.Archives.Search;
using KubeCheckpoint.Benchmarks.Measuring;
using KubeCheckpoint.Benchmarks.Synthetic;

namespace KubeCheckpoint.Benchmarks;

/// <summary>Searches the memory in an archive of 2 GiB. The baselines are grep, reading the file, and hashing it.</summary>
internal static class SearchBenchmark
{
    private const long MemorySize = 2L << 30;
    private const string Needle = "KC-BENCH-needle-4711";

    public static void Run()
    {
        using var folder = new ScratchFolder();
        var whole = new SyntheticArchiveOptions { MemorySize = MemorySize, Needles = [(MemorySize / 2 + 100, Needle), (MemorySize - 2000, Needle)] };
        var archive = folder.Write("search.tar", whole);
        var scattered = folder.Write("scattered.tar", whole with { RunPages = 1 });
        new Contest("search 2 GiB of memory", 7)
            .Enter("grep -c -a -F", () => Grep(archive))
            .Enter("sequential read", () => SequentialRead.Run(archive))
            .Enter("sha256", () => Hash(archive))
            .Enter("text, UTF-8, case-sensitive (what grep does)", () => Search(archive, Text(Needle, MemoryEncoding.Utf8)))
            .Enter("the same in pages none of which follow each other", () => Search(scattered, Text(Needle, MemoryEncoding.Utf8)))
            .Enter("text, UTF-8 and UTF-16, any case (the default)", () => Search(archive, new MemorySearchOptions { Patterns = [Needle] }))
            .Enter("ten texts, any case, both", () => Search(archive, new MemorySearchOptions { Patterns = [Needle, .. Enumerable.Range(1, 9).Select(i => $"KC-ABSENT-{i}")] }))
            .Enter("expression with a literal, any case, both", () => Search(archive, new MemorySearchOptions { Patterns = [@"kc-bench-\w+-\d{4}"] }))
            .Enter("expression without a literal, UTF-8", () => Search(archive, Text(@"[A-Z]{2}-[A-Z]{5}-[a-z]{6}-\d{4}", MemoryEncoding.Utf8)))
            .Run();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  most memory this process had: {Process.GetCurrentProcess().PeakWorkingSet64 >> 20} MiB"));
    }

    private static MemorySearchOptions Text(string pattern, MemoryEncoding encoding) => new() { Patterns = [pattern], CaseSensitive = true, Encoding = encoding };

    private static void Hash(string archive)
    {
        using var file = File.OpenRead(archive);
        SHA256.HashData(file);
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

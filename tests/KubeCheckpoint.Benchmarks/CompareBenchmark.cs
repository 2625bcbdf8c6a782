using KubeCheckpoint.Archives.Comparison;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Benchmarks.Measuring;
using KubeCheckpoint.Benchmarks.Synthetic;

namespace KubeCheckpoint.Benchmarks;

/// <summary>Compares two archives of 1 GiB page by page; the baseline reads both.</summary>
internal static class CompareBenchmark
{
    private const long MemorySize = 1L << 30;

    public static void Run()
    {
        using var folder = new ScratchFolder();
        var before = folder.Write("before.tar", new SyntheticArchiveOptions { MemorySize = MemorySize });
        var after = folder.Write("after.tar", new SyntheticArchiveOptions { MemorySize = MemorySize, IsChanged = page => page % 100 == 0 });
        new Contest("compare two archives of 1 GiB by page", 7)
            .Enter("sequential read of both", () => Both(SequentialRead.Run, before, after))
            .Enter("page-level compare", () => Compare(before, after))
            .Run();
    }

    private static void Both(Action<string> action, string first, string second)
    {
        action(first);
        action(second);
    }

    private static void Compare(string before, string after)
    {
        using var first = CheckpointContent.Open(before, CancellationToken.None);
        using var second = CheckpointContent.Open(after, CancellationToken.None);
        var (reference, difference) = (new CheckpointImages(first).Memory(1)!, new CheckpointImages(second).Memory(1)!);
        var comparer = new MemoryComparer(reference, difference, 4096, CancellationToken.None);
        var changed = new MapMatcher(_ => "", _ => "").Match(reference.Maps, difference.Maps).Sum(pair => comparer.Compare(pair)?.PagesChanged ?? 0);
        if (changed != (MemorySize / 4096 + 99) / 100)
            throw new InvalidOperationException($"{changed} pages were found changed.");
    }
}

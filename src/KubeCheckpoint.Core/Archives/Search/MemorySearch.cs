using System.Runtime.CompilerServices;
using KubeCheckpoint.Archives.Contents;

namespace KubeCheckpoint.Archives.Search;

/// <summary>
/// Looks for patterns in the memory of checkpoints. Made once, used for any number of archives, several at a time too.
/// </summary>
/// <remarks>
/// <para>Matches come process by process in the order of the tree, each process's by address, and as they are found. Pages that
/// several processes share, or one maps twice, are searched where they are first mapped; a match that also takes bytes around
/// such a map is another match.</para>
/// <para>Matches of one pattern in one encoding do not overlap. A match has at most 64 KiB; what a regular expression would make
/// longer is cut, and searched on behind the cut. To a regular expression memory is text whose lines end at a line feed and, where
/// the pattern does not name zeros itself, at a zero.</para>
/// </remarks>
public sealed class MemorySearch
{
    // What a core holds in its cache, so that each lane after the first finds the bytes there.
    private const int BatchSize = 512 * 1024;

    private readonly IReadOnlyList<SearchLane> _lanes;
    private readonly int _context;
    private readonly int _batchSize;

    private MemorySearch(IReadOnlyList<SearchLane> lanes, int context, int batchSize)
    {
        _lanes = lanes;
        _context = context;
        _batchSize = batchSize;
    }

    /// <summary>Makes a search.</summary>
    /// <param name="options">What is looked for: at least one pattern, or bytes.</param>
    /// <exception cref="KubeCheckpointException">SearchPatternInvalid or SearchPatternMatchesEmpty.</exception>
    public static MemorySearch Create(MemorySearchOptions options) => Create(options, BatchSize);

    internal static MemorySearch Create(MemorySearchOptions options, int batchSize)
    {
        var lanes = LaneFactory.Create(options);
        return lanes.Count > 0
            ? new MemorySearch(lanes, Math.Clamp(options.Context, 0, MemorySearchOptions.LargestContext), batchSize)
            : throw ArchiveFailure.SearchPatternMatchesEmpty(string.Empty);
    }

    /// <summary>Searches the memory of an archive.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="scope">What of it is searched.</param>
    /// <param name="report">
    /// Told of what cannot be searched while the rest is, such as PagesNotInArchive, ArchiveMemberMissing, CriuImageDamaged, SearchTimedOut.
    /// </param>
    /// <param name="progress">Told how far it is, or null.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="KubeCheckpointException">What opening the archive throws, and reading its process tree.</exception>
    public async IAsyncEnumerable<CheckpointMemoryMatch> FindAsync(
        string path,
        MemorySearchScope scope,
        Func<KubeCheckpointException, Task> report,
        IProgress<TransferProgress>? progress,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var content = CheckpointContent.Open(path, ending.Token);
        var planner = new SearchPlanner(new CheckpointImages(content), scope, _lanes, _batchSize);
        var worker = new SearchWorker(path, _lanes);
        var queue = new SearchQueue(planner, worker, ending.Token);
        var meter = new SearchMeter(content, progress);
        try
        {
            while (await queue.NextAsync().ConfigureAwait(false) is { } batch)
            {
                foreach (var match in Matches(path, worker, batch, ending.Token))
                    yield return match;
                foreach (var failure in queue.TakeFailures(batch))
                    await report(failure).ConfigureAwait(false);
                meter.Add(batch);
                queue.Return(batch);
            }
            foreach (var failure in queue.TakeFailures(null))
                await report(failure).ConfigureAwait(false);
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await queue.ReadersAsync().ConfigureAwait(false);
        }
    }

    private IEnumerable<CheckpointMemoryMatch> Matches(string path, SearchWorker worker, SearchBatch batch, CancellationToken cancellationToken)
    {
        var factory = new MatchFactory(path, _context);
        foreach (var group in batch.Found.GroupBy(found => found.Segment))
        {
            var segment = batch.Segments[group.Key];
            var cursors = group.Select(found => new LaneCursor(worker, batch, found, cancellationToken)).ToList();
            while (FindFirst(cursors) is { } first)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var hit = first.Next!.Value;
                first.Advance();
                if (!segment.Piece.Region.IsSeen(segment.AddressOf(hit.Start), segment.AddressOf(hit.End)))
                    yield return factory.Create(batch.Buffer, segment, _lanes[first.Lane], hit);
            }
        }
    }

    private static LaneCursor? FindFirst(List<LaneCursor> cursors)
    {
        LaneCursor? first = null;
        foreach (var cursor in cursors)
        {
            if (cursor.Next is { } hit && (first is null || hit.Start < first.Next!.Value.Start))
                first = cursor;
        }
        return first;
    }
}

using System.Runtime.CompilerServices;
using KubeCheckpoint.Archives.Contents;

namespace KubeCheckpoint.Archives.Search;

/// <summary>
/// Searches the memory of checkpoints for patterns. Created once, it can search any number of archives, also concurrently.
/// </summary>
/// <remarks>
/// <para>Matches are returned as they are found: process by process in the order of the tree, and by address within a process. Pages
/// that several processes share, or that one maps twice, are searched where they are first mapped; a match that also includes bytes
/// around such a map is a different match.</para>
/// <para>Matches of one pattern in one encoding do not overlap. A match has at most 64 KiB; a longer match of a regular expression
/// is cut there, and the search continues after the cut. For a regular expression, memory is text whose lines end at a line feed and,
/// unless the pattern names zeros itself, at a zero.</para>
/// <para>Long runs of zeros that the archive does not store, but only counts, are searched at both ends, as far as the longest match can reach: a
/// pattern that matches zeros is found where a run begins, and not in its middle.</para>
/// <para>How memory is divided, and what searches it:</para>
/// <code>
/// process             SearchProcess   a process of the tree
///   region            SearchRegion    contiguous memory, across maps; its sources (PageSource) say where the pages are
///     piece           SearchPiece     the part of a region that was not searched before through another map
///       segment       BatchSegment    the part of a piece in one batch: its core, where matches begin, and the bytes around it
/// batch               SearchBatch     a buffer with segments of any number of pieces
/// lane                SearchLane      a pattern in an encoding: it turns a segment into hits (SearchHit)
///
/// SearchPlanner fills batches; SearchQueue reads them and SearchWorker searches them on the thread pool, in order;
/// LaneCursor merges the hits of the lanes; MatchFactory turns each into a CheckpointMemoryMatch.
/// </code>
/// </remarks>
public sealed class MemorySearch
{
    // Fits the cache of a processor core, so that each lane after the first finds the bytes there.
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

    /// <summary>Creates a search.</summary>
    /// <param name="options">What to search for: at least one pattern, or bytes.</param>
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
    /// <param name="scope">Which memory is searched.</param>
    /// <param name="report">
    /// Receives failures that do not end the search, such as PagesNotInArchive, ArchiveMemberMissing, CriuImageDamaged, SearchTimedOut.
    /// </param>
    /// <param name="progress">Receives the progress, or null.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <exception cref="KubeCheckpointException">Whatever opening the archive and reading its process tree throws.</exception>
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

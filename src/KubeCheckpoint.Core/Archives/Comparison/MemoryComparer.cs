using System.Buffers;
using System.Runtime.ExceptionServices;
using KubeCheckpoint.Criu.Memory;

namespace KubeCheckpoint.Archives.Comparison;

/// <summary>Compares the pages of two maps. Only pages that both checkpoints hold are read, on all cores, in the order of the disk.</summary>
internal sealed class MemoryComparer(AddressSpace reference, AddressSpace difference, int pageSize, CancellationToken cancellationToken)
{
    private const int ChunkLength = 1024 * 1024;

    /// <summary>How the pages differ; null where neither checkpoint holds any.</summary>
    public MemoryChange? Compare(MapPair pair)
    {
        var pieces = Pieces(pair).ToList();
        if (pieces.Count == 0)
            return null;
        var results = new List<MemoryRangeChange>[pieces.Count];
        var parallel = new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Environment.ProcessorCount };
        try
        {
            Parallel.For(0, pieces.Count, parallel, index => results[index] = Compare(pieces[index]));
        }
        catch (AggregateException exception)
        {
            // Rethrow the failure of the first range that failed.
            ExceptionDispatchInfo.Throw(exception.InnerExceptions.OfType<KubeCheckpointException>().FirstOrDefault() ?? exception.InnerExceptions[0]);
        }
        return Sum(pieces, results);
    }

    private MemoryChange Sum(List<Piece> pieces, List<MemoryRangeChange>[] results)
    {
        var ranges = new List<MemoryRangeChange>();
        foreach (var change in results.SelectMany(result => result))
        {
            if (ranges.Count > 0 && ranges[^1].Change == change.Change && ranges[^1].Start + (ulong)ranges[^1].Length == change.Start)
                ranges[^1] = ranges[^1] with { Length = ranges[^1].Length + change.Length };
            else
                ranges.Add(change);
        }
        var changed = Pages(ranges, CheckpointChange.Changed);
        return new MemoryChange
        {
            PageSize = pageSize,
            PagesAdded = Pages(ranges, CheckpointChange.Added),
            PagesChanged = changed,
            PagesRemoved = Pages(ranges, CheckpointChange.Removed),
            PagesSame = pieces.Where(piece => piece.Reference is not null && piece.Difference is not null).Sum(piece => piece.Length) / pageSize - changed,
            Ranges = ranges,
        };
    }

    private long Pages(List<MemoryRangeChange> ranges, CheckpointChange change) =>
        ranges.Where(range => range.Change == change).Sum(range => range.Length) / pageSize;

    private List<MemoryRangeChange> Compare(Piece piece)
    {
        if (piece.Reference is not { } before)
            return [new(piece.Difference!.Value.Address, piece.Length, CheckpointChange.Added)];
        if (piece.Difference is not { } after)
            return [new(before.Address, piece.Length, CheckpointChange.Removed)];
        var buffer = ArrayPool<byte>.Shared.Rent(2 * ChunkLength);
        try
        {
            var left = buffer.AsSpan(0, (int)piece.Length);
            var right = buffer.AsSpan(ChunkLength, (int)piece.Length);
            before.Store!.Read(before.Run, before.Start, left);
            after.Store!.Read(after.Run, after.Start, right);
            return Compare(left, right, after.Address);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private List<MemoryRangeChange> Compare(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, ulong address)
    {
        var changes = new List<MemoryRangeChange>();
        for (var offset = 0; offset < left.Length; offset += pageSize)
        {
            // A damaged image may have maps that end inside a page.
            var length = Math.Min(pageSize, left.Length - offset);
            if (left.Slice(offset, length).SequenceEqual(right.Slice(offset, length)))
                continue;
            var start = address + (ulong)offset;
            if (changes.Count > 0 && changes[^1].Start + (ulong)changes[^1].Length == start)
                changes[^1] = changes[^1] with { Length = changes[^1].Length + length };
            else
                changes.Add(new MemoryRangeChange(start, length, CheckpointChange.Changed));
        }
        return changes;
    }

    // Ranges in which both sides are contiguous, none longer than a chunk.
    private IEnumerable<Piece> Pieces(MapPair pair)
    {
        using var before = pair.Reference.SelectMany(slice => Present(reference, slice)).GetEnumerator();
        using var after = (pair.Difference is null ? [] : Present(difference, new MapSlice(pair.Difference))).GetEnumerator();
        var left = Next(before);
        var right = Next(after);
        while (left is not null || right is not null)
        {
            cancellationToken.ThrowIfCancellationRequested();
            // In addresses of the difference.
            var leftStart = left is null ? ulong.MaxValue : left.Value.Address + pair.Shift;
            var rightStart = right?.Address ?? ulong.MaxValue;
            if (left is not null && right is not null && leftStart == rightStart)
            {
                var length = Math.Min(Math.Min(left.Value.Length, right.Value.Length), ChunkLength);
                yield return new Piece(left, right, length);
                left = After(left.Value, length) ?? Next(before);
                right = After(right.Value, length) ?? Next(after);
            }
            else if (leftStart < rightStart)
            {
                var length = (long)Math.Min((ulong)left!.Value.Length, rightStart - leftStart);
                yield return new Piece(left, null, length);
                left = After(left.Value, length) ?? Next(before);
            }
            else
            {
                var length = (long)Math.Min((ulong)right!.Value.Length, leftStart - rightStart);
                yield return new Piece(null, right, length);
                right = After(right.Value, length) ?? Next(after);
            }
        }
    }

    private static IEnumerable<MemoryExtent> Present(AddressSpace space, MapSlice slice) =>
        space.Extents(slice.Start, slice.End).Where(extent => extent.Store is not null);

    private static MemoryExtent? Next(IEnumerator<MemoryExtent> extents) => extents.MoveNext() ? extents.Current : null;

    private static MemoryExtent? After(MemoryExtent extent, long length) => length == extent.Length
        ? null
        : extent with { Address = extent.Address + (ulong)length, Length = extent.Length - length, Start = extent.Start + length };

    private readonly record struct Piece(MemoryExtent? Reference, MemoryExtent? Difference, long Length);
}

using System.Buffers;
using System.Runtime.ExceptionServices;
using KubeCheckpoint.Criu.Memory;

namespace KubeCheckpoint.Archives.Comparison;

/// <summary>Compares the pages of two maps. Only pages that both checkpoints hold are read, on all cores, in the order of the disk.</summary>
internal sealed class MemoryComparer(AddressSpace reference, AddressSpace difference, int pageSize, CancellationToken cancellationToken)
{
    private const int ChunkLength = 1024 * 1024;

    // How many pieces are compared before their results are joined.
    private const int PiecesAtOnce = 1024;

    /// <summary>How the pages differ; null where neither checkpoint holds any.</summary>
    public MemoryChange? Compare(MapPair pair)
    {
        var sum = new Sum();
        foreach (var pieces in Pieces(pair).Chunk(PiecesAtOnce))
            sum.Add(pieces, Compare(pieces));
        return sum.Compared == 0 && sum.Ranges.Count == 0 ? null : sum.ToChange(pageSize);
    }

    private List<MemoryRangeChange>[] Compare(Piece[] pieces)
    {
        var results = new List<MemoryRangeChange>[pieces.Length];
        var parallel = new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Environment.ProcessorCount };
        try
        {
            Parallel.For(0, pieces.Length, parallel, index => results[index] = Compare(pieces[index]));
        }
        catch (AggregateException exception)
        {
            // Rethrow the failure of the first range that failed.
            ExceptionDispatchInfo.Throw(exception.InnerExceptions.OfType<KubeCheckpointException>().FirstOrDefault() ?? exception.InnerExceptions[0]);
        }
        return results;
    }

    private List<MemoryRangeChange> Compare(Piece piece)
    {
        if (piece.Reference is not { } before)
            return [new(piece.Difference!.Value.Address, piece.Length, CheckpointChange.Added)];
        if (piece.Difference is not { } after)
            return [new(before.Address, piece.Length, CheckpointChange.Removed)];
        if (before.IsZero && after.IsZero)
            return [];
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

    // Ranges in which both sides are contiguous. What is read of both is no longer than a chunk.
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
                var length = Math.Min(left.Value.Length, right.Value.Length);
                if (!left.Value.IsZero || !right.Value.IsZero)
                    length = Math.Min(length, ChunkLength);
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
        space.Parts(slice.Start, slice.End).Where(extent => extent.Store is not null);

    private static MemoryExtent? Next(IEnumerator<MemoryExtent> extents) => extents.MoveNext() ? extents.Current : null;

    private static MemoryExtent? After(MemoryExtent extent, long length) => length == extent.Length
        ? null
        : extent with { Address = extent.Address + (ulong)length, Length = extent.Length - length, Start = extent.Start + length };

    /// <summary>What all pieces so far have given.</summary>
    private sealed class Sum
    {
        /// <summary>How many bytes both sides have.</summary>
        public long Compared { get; private set; }

        public List<MemoryRangeChange> Ranges { get; } = [];

        public void Add(Piece[] pieces, List<MemoryRangeChange>[] results)
        {
            Compared += pieces.Where(piece => piece.Reference is not null && piece.Difference is not null).Sum(piece => piece.Length);
            foreach (var change in results.SelectMany(result => result))
            {
                if (Ranges.Count > 0 && Ranges[^1].Change == change.Change && Ranges[^1].Start + (ulong)Ranges[^1].Length == change.Start)
                    Ranges[^1] = Ranges[^1] with { Length = Ranges[^1].Length + change.Length };
                else
                    Ranges.Add(change);
            }
        }

        public MemoryChange ToChange(int pageSize)
        {
            var changed = Pages(CheckpointChange.Changed, pageSize);
            return new MemoryChange
            {
                PageSize = pageSize,
                PagesAdded = Pages(CheckpointChange.Added, pageSize),
                PagesChanged = changed,
                PagesRemoved = Pages(CheckpointChange.Removed, pageSize),
                PagesSame = Compared / pageSize - changed,
                Ranges = Ranges,
            };
        }

        private long Pages(CheckpointChange change, int pageSize) =>
            Ranges.Where(range => range.Change == change).Sum(range => range.Length) / pageSize;
    }

    private readonly record struct Piece(MemoryExtent? Reference, MemoryExtent? Difference, long Length);
}

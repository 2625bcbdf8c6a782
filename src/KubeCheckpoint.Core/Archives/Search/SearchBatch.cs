using KubeCheckpoint.Criu.Memory;

namespace KubeCheckpoint.Archives.Search;

/// <summary>A buffer of memory: what to read into it, which segments it has, and what was found in it.</summary>
internal sealed class SearchBatch(int size)
{
    private readonly List<BatchRead> _reads = [];

    /// <summary>The bytes, valid up to <see cref="Filled"/>.</summary>
    public byte[] Buffer { get; } = new byte[size];

    public int Filled { get; private set; }

    public int Free => Buffer.Length - Filled;

    /// <summary>In the order of the buffer, and so of the addresses of each process.</summary>
    public List<BatchSegment> Segments { get; } = [];

    /// <summary>Segments whose bytes could not be read.</summary>
    public HashSet<int> Lost { get; } = [];

    /// <summary>By segment, then by lane.</summary>
    public List<LaneHits> Found { get; } = [];

    /// <summary>The reasons why parts were not read or searched.</summary>
    public List<BatchFailure> Failures { get; } = [];

    public void Clear()
    {
        _reads.Clear();
        Segments.Clear();
        Lost.Clear();
        Found.Clear();
        Failures.Clear();
        Filled = 0;
    }

    /// <summary>Adds a part of a piece; there must be room for it.</summary>
    /// <param name="piece">The piece.</param>
    /// <param name="start">The address of the first byte.</param>
    /// <param name="coreStart">The first address matches may begin at.</param>
    /// <param name="coreEnd">The address after the last one.</param>
    /// <param name="end">The address after the last byte.</param>
    public void Add(SearchPiece piece, ulong start, ulong coreStart, ulong coreEnd, ulong end)
    {
        Segments.Add(new BatchSegment(piece, start, Filled, Filled + (int)(coreStart - start), Filled + (int)(coreEnd - start), Filled + (int)(end - start)));
        var sources = piece.Region.Sources;
        for (var i = piece.Region.FindSource(start); start < end; i++)
        {
            var length = (int)(Math.Min(end, sources[i].End) - start);
            AddRead(sources[i], (long)(start - sources[i].Address), length);
            start += (ulong)length;
        }
    }

    /// <summary>Reads the bytes. Segments that cannot be read are marked as lost.</summary>
    public void Read(CancellationToken cancellationToken)
    {
        foreach (var read in _reads)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                read.Store.Read(read.Run, read.Start, Buffer.AsSpan(read.Index, read.Length));
            }
            catch (KubeCheckpointException failure)
            {
                Failures.Add(new BatchFailure(read.Store, failure));
                Lost.UnionWith(Enumerable.Range(0, Segments.Count).Where(i => Segments[i].Start < read.Index + read.Length && Segments[i].End > read.Index));
            }
        }
    }

    /// <summary>The index of the segment a byte is in.</summary>
    public int FindSegment(int index)
    {
        var (low, high) = (0, Segments.Count - 1);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Segments[middle].End <= index)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    // Pages that are contiguous in the file are read at once, even if their addresses are not.
    private void AddRead(in PageSource source, long skip, int length)
    {
        var read = new BatchRead(source.Store, source.Run, source.Start + skip, Filled, length);
        if (_reads.Count > 0 && _reads[^1].IsContinuedBy(read))
            _reads[^1] = _reads[^1] with { Length = _reads[^1].Length + length };
        else
            _reads.Add(read);
        Filled += length;
    }

    private readonly record struct BatchRead(PageStore Store, PageRun Run, long Start, int Index, int Length)
    {
        public bool IsContinuedBy(in BatchRead next) => ReferenceEquals(Store, next.Store) && Run.Blocks is null && next.Run.Blocks is null
            && Run.Offset + Start + Length == next.Run.Offset + next.Start;
    }
}

namespace KubeCheckpoint.Archives.Search;

/// <summary>Searches for bytes, or for text that is converted to bytes.</summary>
internal sealed class LiteralLane(string pattern, MemoryEncoding encoding, ByteNeedle needle) : SearchLane(pattern, encoding)
{
    public override int MaximumLength => needle.Length;

    public override int Surroundings => 0;

    public override int Reach => 0;

    public override int FindCandidate(ReadOnlySpan<byte> buffer, int from)
    {
        var place = needle.IndexOf(buffer[from..]);
        return place < 0 ? -1 : from + place;
    }

    public override void Find(
        ReadOnlySpan<byte> buffer, in BatchSegment segment, int from, int limit, List<SearchHit> hits, CancellationToken cancellationToken)
    {
        // Matches that begin in the core may extend beyond it.
        var bytes = buffer[..Math.Min(segment.End, segment.CoreEnd + needle.Length - 1)];
        for (var count = 0; count < limit; count++)
        {
            var place = needle.IndexOf(bytes[from..]);
            if (place < 0)
                return;
            hits.Add(new SearchHit(from + place, needle.Length));
            from += place + needle.Length;
            if (from > bytes.Length)
                return;
        }
    }
}

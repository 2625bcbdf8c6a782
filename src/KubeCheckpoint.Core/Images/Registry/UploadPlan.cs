namespace KubeCheckpoint.Images.Registry;

/// <summary>
/// In which requests a blob is sent: in one, or in chunks whose size follows from what the registry accepts and how long connections last.
/// </summary>
/// <param name="sizes">The sizes to begin with, and the smallest.</param>
/// <param name="length">The size of the blob.</param>
/// <param name="acceptsChunks">False for a registry that is known to refuse chunks.</param>
internal sealed class UploadPlan(UploadSizes sizes, long length, bool acceptsChunks)
{
    private const int ChunksUntilLarger = 8;
    private const int ShrinkAfterBreak = 4;
    private const int ShrinkAfterLoss = 16;

    private long _largest = Math.Max(sizes.Chunk, sizes.SmallestChunk);
    private long _smallest = sizes.SmallestChunk;
    private long _largestAccepted;
    private int _accepted;
    private bool _loses;

    /// <summary>The size of the next chunk.</summary>
    public long Chunk { get; private set; } = sizes.Chunk;

    /// <summary>True where the blob is sent in one request.</summary>
    public bool IsWhole { get; private set; } = !acceptsChunks || length <= sizes.HashFirst;

    /// <summary>
    /// True where each request with a part of the blob gets a connection of its own: proxies that cut connections after so many bytes count
    /// all requests of a connection.
    /// </summary>
    public bool UsesOwnConnections { get; private set; }

    /// <summary>The registry accepts no chunks below a size (<c>OCI-Chunk-Min-Length</c>).</summary>
    public void Require(long least)
    {
        // The last chunk, which may be the only one, may always be smaller.
        least = Math.Min(least, length);
        _smallest = Math.Max(_smallest, least);
        _largest = Math.Max(_largest, least);
        Chunk = Math.Max(Chunk, least);
    }

    /// <summary>The registry has accepted a chunk; after some in a row the next ones are larger.</summary>
    public void Accept(long size)
    {
        _largestAccepted = Math.Max(_largestAccepted, size);
        if (_loses || ++_accepted % ChunksUntilLarger != 0)
            return;
        Chunk = Math.Min(_largest, Chunk * 2);
    }

    /// <summary>A chunk was too large for the registry or a proxy.</summary>
    /// <returns>False where the chunk is the smallest one.</returns>
    public bool ShrinkForGood()
    {
        var isSmaller = Shrink(4);
        _largest = Chunk;
        return isSmaller;
    }

    /// <summary>A chunk was refused: the registry accepts no chunks, or none as small as this one.</summary>
    /// <returns>True where the registry has accepted larger ones.</returns>
    public bool EnlargeForGood()
    {
        if (Chunk >= _largestAccepted)
            return false;
        Chunk = _smallest = Math.Min(_largestAccepted, Chunk * 2);
        return true;
    }

    /// <summary>The connection broke, and the registry has what arrived or what it had before.</summary>
    /// <returns>True where the blob is now sent in another way. There is an end of such ways.</returns>
    public bool Break() => Split(ShrinkAfterBreak);

    /// <summary>
    /// The connection broke, and the registry has lost the upload with all earlier chunks. The distribution project's registry does so up to
    /// version 2.8: the state in its Location names an offset, which is another one as soon as a part of a chunk has arrived.
    /// </summary>
    /// <returns>True where the blob is now sent in another way. There is an end of such ways.</returns>
    public bool Lose()
    {
        _loses = true;
        return Split(ShrinkAfterLoss);
    }

    /// <summary>Sends the blob in one request from now on.</summary>
    public void SendWhole()
    {
        IsWhole = true;
        acceptsChunks = false;
    }

    private bool Split(int factor)
    {
        var before = (UsesOwnConnections, IsWhole, Chunk);
        UsesOwnConnections = true;
        // A chunk of this size is not tried again, so that there is an end.
        _largest = Math.Max(_smallest, Chunk / 2);
        IsWhole &= !acceptsChunks || length <= _smallest;
        Shrink(factor);
        return before != (UsesOwnConnections, IsWhole, Chunk);
    }

    private bool Shrink(int factor)
    {
        var before = Chunk;
        _accepted = 0;
        Chunk = Math.Min(Chunk, Math.Max(_smallest, Math.Min(Chunk, length) / factor));
        return Chunk < before;
    }
}

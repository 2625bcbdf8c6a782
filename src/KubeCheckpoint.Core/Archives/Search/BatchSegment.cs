namespace KubeCheckpoint.Archives.Search;

/// <summary>A part of a buffer whose bytes are contiguous in memory.</summary>
/// <param name="Piece">The piece it is part of.</param>
/// <param name="Address">The address of its first byte.</param>
/// <param name="Start">The index of its first byte.</param>
/// <param name="CoreStart">The index of the first byte a match may begin at; bytes before it are only context.</param>
/// <param name="CoreEnd">The index after the last byte a match may begin at; matches may extend beyond it.</param>
/// <param name="End">The index after its last byte.</param>
internal readonly record struct BatchSegment(SearchPiece Piece, ulong Address, int Start, int CoreStart, int CoreEnd, int End)
{
    public ulong AddressOf(int index) => Address + (ulong)(index - Start);

    /// <summary>The index of an address, which may be outside of the segment.</summary>
    public long IndexOf(ulong address) => Start + (long)(address - Address);
}

namespace KubeCheckpoint.Archives.Search;

/// <summary>A part of a buffer whose bytes follow each other in memory.</summary>
/// <param name="Piece">What it is a part of.</param>
/// <param name="Address">The address of its first byte.</param>
/// <param name="Start">The index of its first byte.</param>
/// <param name="CoreStart">The index of the first byte a match may begin at; what comes before is only looked back at.</param>
/// <param name="CoreEnd">The index behind the last byte a match may begin at; what comes behind it matches may end in.</param>
/// <param name="End">The index behind its last byte.</param>
internal readonly record struct BatchSegment(SearchPiece Piece, ulong Address, int Start, int CoreStart, int CoreEnd, int End)
{
    public ulong AddressOf(int index) => Address + (ulong)(index - Start);

    /// <summary>The index of an address, which may lie before or behind the segment.</summary>
    public long IndexOf(ulong address) => Start + (long)(address - Address);
}

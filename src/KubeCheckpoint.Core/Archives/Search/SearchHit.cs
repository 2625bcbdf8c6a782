namespace KubeCheckpoint.Archives.Search;

/// <summary>A match inside a buffer.</summary>
/// <param name="Start">The index of the first byte.</param>
/// <param name="Length">The length in bytes.</param>
internal readonly record struct SearchHit(int Start, int Length)
{
    public int End => Start + Length;
}

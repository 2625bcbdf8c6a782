namespace KubeCheckpoint.Archives.IO;

/// <summary>What all sources of bytes have in common.</summary>
internal static class ByteSources
{
    // A file of more holes is not made by chance: what follows counts as stored.
    private const int MostHoles = 4096;

    /// <summary>How many bytes a source has that are not in a hole.</summary>
    /// <param name="source">The source.</param>
    public static long StoredSize(this IByteSource source)
    {
        var stored = source.Length;
        var hole = source.FindHole(0);
        for (var count = 0; hole.End > hole.Start && count < MostHoles; count++)
        {
            stored -= hole.End - hole.Start;
            hole = source.FindHole(hole.End);
        }
        return stored;
    }
}

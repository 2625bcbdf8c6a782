namespace KubeCheckpoint.Archives.IO;

/// <summary>A stream that knows where it has zeros which need not be read.</summary>
internal interface IHoleStream
{
    /// <summary>Skips the zeros from here on that are known without being read.</summary>
    /// <returns>How many they were.</returns>
    public long SkipHole();
}

/// <summary>Streams with holes.</summary>
internal static class HoleStreams
{
    /// <summary>Skips the zeros from here on that are known without being read; none where the stream does not know.</summary>
    /// <param name="stream">Any stream.</param>
    /// <returns>How many they were.</returns>
    public static long SkipHole(this Stream stream) => (stream as IHoleStream)?.SkipHole() ?? 0;
}

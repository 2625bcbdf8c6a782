namespace KubeCheckpoint.Benchmarks.Measuring;

/// <summary>The machine's limit: reads a file from beginning to end, and does nothing with it.</summary>
internal static class SequentialRead
{
    public static void Run(string path)
    {
        using var file = File.OpenHandle(path, options: FileOptions.SequentialScan);
        var buffer = new byte[1 << 20];
        for (long offset = 0; RandomAccess.Read(file, buffer, offset) is var count and > 0; offset += count)
        {
        }
    }
}

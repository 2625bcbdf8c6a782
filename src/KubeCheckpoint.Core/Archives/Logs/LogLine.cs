using System.Text;
using KubeCheckpoint.Archives.IO;

namespace KubeCheckpoint.Archives.Logs;

/// <summary>A line of a log as bytes, without its ending: a character may be split between two lines.</summary>
/// <param name="Bytes">At most <see cref="ArchiveLimits.LogLineSize"/>.</param>
/// <param name="IsWhole">False where it is longer than that.</param>
internal readonly record struct LogLine(byte[] Bytes, bool IsWhole)
{
    private const int ChunkSize = 64 * 1024;

    /// <summary>The text; invalid UTF-8 becomes U+FFFD.</summary>
    public string Text => Encoding.UTF8.GetString(Bytes);

    /// <summary>The lines of a log, including an unterminated last one.</summary>
    public static IEnumerable<LogLine> Read(Stream log, CancellationToken cancellationToken)
    {
        var chunk = new byte[ChunkSize];
        var line = new CappedBytes(ArchiveLimits.LogLineSize);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (log.SkipHole() is > 0 and var zeros)
            {
                // A hole may be of any size: one byte more than a line may have says that it is longer.
                line.Append(new byte[Math.Min(zeros, ArchiveLimits.LogLineSize + 1)]);
                continue;
            }
            var count = log.Read(chunk);
            if (count == 0)
                break;
            for (var start = 0; start < count;)
            {
                var end = Array.IndexOf(chunk, (byte)'\n', start, count - start);
                line.Append(chunk.AsSpan(start..(end < 0 ? count : end)));
                start = end < 0 ? count : end + 1;
                if (end >= 0)
                    yield return new LogLine(line.Take(out var isWhole), isWhole);
            }
        }
        if (!line.IsEmpty)
            yield return new LogLine(line.Take(out var isWhole), isWhole);
    }
}

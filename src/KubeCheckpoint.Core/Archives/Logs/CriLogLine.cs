using System.Text;
using KubeCheckpoint.Archives.Contents;

namespace KubeCheckpoint.Archives.Logs;

/// <summary>
/// A line in the CRI log format (kubernetes/design-proposals, "CRI: Dockershim logging"; Podman's k8s-file is the same):
/// <c>2026-11-23T06:50:18.905082720+00:00 stdout F count=1</c>. The tag F marks the end of a line, P a part.
/// </summary>
/// <param name="Time">When the runtime received it.</param>
/// <param name="Stream">The stream the container wrote it to.</param>
/// <param name="IsPartial">True where the next line of the same stream continues it.</param>
/// <param name="MessageOffset">The offset of the message in bytes.</param>
internal readonly record struct CriLogLine(DateTimeOffset Time, ContainerOutput Stream, bool IsPartial, int MessageOffset)
{
    // Enough for time, stream and tag; anything longer is not in this format.
    private const int HeadLength = 100;

    /// <summary>Null for a line that is not in the format.</summary>
    public static CriLogLine? Parse(ReadOnlySpan<byte> line)
    {
        var head = Encoding.ASCII.GetString(line[..Math.Min(line.Length, HeadLength)]);
        var words = head.Split(' ', 4);
        if (words.Length < 3 || EngineTime.Parse(words[0]) is not { } time)
            return null;
        ContainerOutput? stream = words[1] switch { "stdout" => ContainerOutput.Stdout, "stderr" => ContainerOutput.Stderr, _ => null };
        // The format reserves further tags, separated by colons.
        bool? isPartial = words[2].Split(':')[0] switch { "P" => true, "F" => false, _ => null };
        if (stream is null || isPartial is null)
            return null;
        var offset = words[0].Length + words[1].Length + words[2].Length + 3;
        return new CriLogLine(time, stream.Value, isPartial.Value, Math.Min(offset, line.Length));
    }
}

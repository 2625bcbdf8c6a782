using KubeCheckpoint.Archives.Tar;

namespace KubeCheckpoint.Core.Tests.Archives.Tar.Readings;

/// <summary>A member as a program reads it.</summary>
/// <param name="Name">The name without a leading slash, <c>.</c> and empty parts.</param>
/// <param name="Type">The type flag; <c>0</c> and <c>5</c> for the files and folders of old tars.</param>
/// <param name="Size">The size of the data, holes included.</param>
/// <param name="HeaderOffset">Where its own header begins.</param>
/// <param name="DataOffset">Where the data begins.</param>
/// <param name="Link">The target of a link; empty for everything else.</param>
/// <param name="Stored">The ranges of a sparse file that are stored; empty for everything else.</param>
internal sealed record TarEntry(string Name, char Type, long Size, long HeaderOffset, long DataOffset, string Link, string Stored)
{
    public static string Clean(string name) => string.Join('/', name.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != "."));

    /// <summary>Text as the readers here decode it.</summary>
    public static string Decode(ReadOnlySpan<byte> text) => TarText.EncodingOf(TarContent.RootFs).GetString(text);

    public static string Ranges(IEnumerable<(long Start, long Length)> ranges)
    {
        var merged = new List<(long Start, long End)>();
        foreach (var (start, length) in ranges.Where(range => range.Length > 0))
        {
            if (merged.Count > 0 && merged[^1].End == start)
                merged[^1] = (merged[^1].Start, start + length);
            else
                merged.Add((start, start + length));
        }
        return string.Join(' ', merged.Select(range => $"{range.Start}-{range.End}"));
    }
}

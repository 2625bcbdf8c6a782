namespace KubeCheckpoint.Core.Tests.Archives.Search;

/// <summary>A stretch of memory without gaps.</summary>
internal sealed class MemoryStretch(uint process, ulong address)
{
    private readonly List<byte> _bytes = [];

    public int ProcessId { get; } = (int)process;

    public ulong Address { get; } = address;

    /// <summary>For each page the segment and its number in it, or null for a private page.</summary>
    public List<string?> Keys { get; } = [];

    public ulong End => Address + (ulong)_bytes.Count;

    public byte[] Bytes => [.. _bytes];

    public void Add(byte[] page, string? key)
    {
        _bytes.AddRange(page);
        Keys.Add(key);
    }

    /// <summary>The pages that contain some bytes, or null if one of them is private.</summary>
    public List<string>? SharedPages(int start, int length)
    {
        var first = start / MemoryLayout.PageSize;
        var pages = Keys.GetRange(first, (start + length - 1) / MemoryLayout.PageSize - first + 1);
        return pages.Contains(null) ? null : [.. pages.OfType<string>()];
    }

    /// <summary>Whether some pages follow each other here, before an index.</summary>
    public bool Shows(List<string> pages, int before = int.MaxValue) =>
        Enumerable.Range(0, Math.Max(0, Math.Min(before, Keys.Count - pages.Count + 1))).Any(start => Keys.Skip(start).Take(pages.Count).SequenceEqual(pages));
}

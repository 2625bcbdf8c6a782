using KubeCheckpoint.Criu.Memory;

namespace KubeCheckpoint.Archives.CoreDumps;

/// <summary>
/// Which segments a core file of an address space has. As in a core file of the kernel's, pages that are as in the mapped file are
/// left out (p_filesz 0) for the debugger to take from there, and untouched anonymous ones read as zeros. Since a checkpoint may
/// hold any page of a map and not its neighbour, a map becomes as many segments as that needs. What nobody knows has no segment at
/// all, so that a debugger says it cannot read it.
/// </summary>
internal sealed class CoreLayout
{
    // An untouched stretch up to this many bytes between two that are in the file becomes a hole in the file, not another segment.
    private const ulong LargestHole = 1024 * 1024;

    private readonly List<CoreSegment> _segments = [];
    private Vma? _openMap;

    private CoreLayout()
    {
    }

    /// <summary>Ascending by address.</summary>
    public IReadOnlyList<CoreSegment> Segments => _segments;

    /// <summary>How many bytes of memory the archive holds.</summary>
    public ulong StoredBytes { get; private set; }

    /// <summary>How many bytes of the file the segments take, holes included.</summary>
    public ulong FileBytes => _segments.Aggregate(0UL, (sum, segment) => sum + segment.FileSize);

    /// <summary>How many bytes of memory are in no segment, because they are neither in the archive nor in a mapped file.</summary>
    public ulong MissingBytes { get; private set; }

    public static CoreLayout Of(AddressSpace memory, CancellationToken cancellationToken)
    {
        var layout = new CoreLayout();
        foreach (var extent in memory.Extents())
        {
            cancellationToken.ThrowIfCancellationRequested();
            layout.Add(extent, memory.ContentOf(extent));
        }
        return layout;
    }

    private void Add(in MemoryExtent extent, PageContent content)
    {
        switch (content)
        {
            case PageContent.Stored:
                StoredBytes += (ulong)extent.Length;
                AddStored(extent);
                break;
            case PageContent.Zero:
                AddZeros(extent);
                break;
            case PageContent.File:
                Open(extent, 0);
                // What is in the file must not become the tail of zeros of a segment, nor have one.
                _openMap = null;
                break;
            default:
                _openMap = null;
                if (content == PageContent.Missing)
                    MissingBytes += (ulong)extent.Length;
                break;
        }
    }

    private void AddStored(in MemoryExtent extent)
    {
        var length = (ulong)extent.Length;
        if (IsOpen(extent) && _segments[^1] is var last && last.FileSize > 0 && last.MemorySize - last.FileSize <= LargestHole)
            _segments[^1] = last with { MemorySize = last.MemorySize + length, FileSize = last.MemorySize + length };
        else
            Open(extent, length);
    }

    private void AddZeros(in MemoryExtent extent)
    {
        if (IsOpen(extent))
            _segments[^1] = _segments[^1] with { MemorySize = _segments[^1].MemorySize + (ulong)extent.Length };
        else
            Open(extent, 0);
    }

    private void Open(in MemoryExtent extent, ulong fileSize)
    {
        _segments.Add(new CoreSegment(extent.Address, (ulong)extent.Length, fileSize, extent.Map.Entry.Prot));
        _openMap = extent.Map;
    }

    private bool IsOpen(in MemoryExtent extent) => ReferenceEquals(_openMap, extent.Map) && _segments[^1].End == extent.Address;
}

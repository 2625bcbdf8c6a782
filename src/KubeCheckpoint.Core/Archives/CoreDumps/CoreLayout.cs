using KubeCheckpoint.Criu.Memory;

namespace KubeCheckpoint.Archives.CoreDumps;

/// <summary>
/// The segments of a core file. As in a core file of the kernel, unchanged pages of a mapped file are
/// left out (p_filesz 0) for the debugger to read from that file, and untouched anonymous pages read as zeros. Since a checkpoint may
/// hold one page of a map and not the next, a map may need several segments. Missing memory has no segment at
/// all, so that a debugger reports that it cannot read it.
/// </summary>
internal sealed class CoreLayout
{
    // Untouched memory of up to this many bytes between two ranges in the file becomes a hole in the file, not another segment.
    private const ulong LargestHole = 1024 * 1024;

    private readonly List<CoreSegment> _segments = [];
    private Vma? _openMap;

    private CoreLayout()
    {
    }

    /// <summary>Ascending by address.</summary>
    public IReadOnlyList<CoreSegment> Segments => _segments;

    /// <summary>How many bytes of memory the archive holds, without those that it only knows to be zeros.</summary>
    public ulong StoredBytes { get; private set; }

    /// <summary>How many bytes of the file the segments take, holes included.</summary>
    public ulong FileBytes => _segments.Aggregate(0UL, (sum, segment) => sum + segment.FileSize);

    /// <summary>How many bytes of memory are in no segment, because they are neither in the archive nor in a mapped file.</summary>
    public ulong MissingBytes { get; private set; }

    public static CoreLayout Of(AddressSpace memory, CancellationToken cancellationToken)
    {
        var layout = new CoreLayout();
        foreach (var extent in memory.Parts())
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
            // Where a file is mapped, what is not in the core file is in that file.
            case PageContent.Stored when extent.IsZero && (extent.Map.IsSharedMemory || !extent.Map.IsOfFile):
                AddZeros(extent);
                break;
            case PageContent.Stored when extent.IsZero:
                AddStored(extent);
                break;
            case PageContent.Stored:
                StoredBytes += (ulong)extent.Length;
                AddStored(extent);
                break;
            case PageContent.Zero:
                AddZeros(extent);
                break;
            case PageContent.File:
                Open(extent, 0);
                // Bytes in the file must not become the zero-filled tail of a segment, nor be followed by one.
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

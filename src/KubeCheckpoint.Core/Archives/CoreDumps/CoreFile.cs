using KubeCheckpoint.Archives.IO;

namespace KubeCheckpoint.Archives.CoreDumps;

/// <summary>
/// Writes an ELF core file of a process (elf(5)): header, segment table, notes, memory. The header is written last, when it is known how
/// long the notes are; memory is copied run by run through one buffer, and pages of zeros become holes.
/// </summary>
internal sealed class CoreFile(CoreProcess process, FileStream file, Action<long> copied, CancellationToken cancellationToken)
{
    private const int HeaderSize = 64;
    private const int SegmentSize = 56;
    private const int SectionSize = 64;
    private const int SegmentsAtOnce = 4096;
    private const int BufferSize = 1024 * 1024;

    // PN_XNUM: from here on the header holds this, and sh_info of the only section header the number of segments.
    private const int ManySegments = 0xffff;

    private readonly byte[] _buffer = new byte[BufferSize];
    private readonly SparseFile _memory = new(file.SafeFileHandle);

    /// <summary>Writes the core file.</summary>
    /// <returns>The number of threads.</returns>
    /// <exception cref="KubeCheckpointException">Whatever reading the images and pages throws.</exception>
    public int Write(CoreLayout layout)
    {
        var count = layout.Segments.Count + 1;
        var notes = HeaderSize + (long)count * SegmentSize;
        var (notesEnd, threads) = WriteNotes(notes);
        var memory = AlignUp(notesEnd);
        var memoryEnd = WriteSegments(layout, notes, notesEnd - notes, memory);
        WriteHeader(count, count < ManySegments ? 0 : memoryEnd);
        foreach (var segment in layout.Segments)
        {
            CopyMemory(segment, memory);
            memory += (long)segment.FileSize;
        }
        _memory.Finish(memoryEnd);
        if (count >= ManySegments)
            WriteCount(count, memoryEnd);
        return threads;
    }

    private (long End, int Threads) WriteNotes(long offset)
    {
        var threads = 0;
        foreach (var notes in new CoreNotes(process).Read(cancellationToken))
        {
            var bytes = new byte[notes.Sum(note => note.Length)];
            var position = 0;
            foreach (var note in notes)
            {
                note.WriteTo(bytes.AsSpan(position));
                position += note.Length;
            }
            WriteAt(bytes, offset);
            offset += bytes.Length;
            threads++;
        }
        return (offset, threads);
    }

    private long WriteSegments(CoreLayout layout, long notes, long notesSize, long memory)
    {
        var note = new byte[SegmentSize];
        var fields = new LittleEndianFields(note);
        fields.Write(0, 4u); // PT_NOTE
        fields.Write(8, (ulong)notes);
        fields.Write(32, (ulong)notesSize);
        fields.Write(48, 4ul);
        WriteAt(note, HeaderSize);
        var table = HeaderSize + (long)SegmentSize;
        foreach (var segments in layout.Segments.Chunk(SegmentsAtOnce))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var bytes = new byte[segments.Length * SegmentSize];
            for (var i = 0; i < segments.Length; i++)
            {
                WriteSegment(bytes.AsSpan(i * SegmentSize, SegmentSize), segments[i], memory);
                memory += (long)segments[i].FileSize;
            }
            WriteAt(bytes, table);
            table += bytes.Length;
        }
        return memory;
    }

    private void WriteSegment(Span<byte> destination, CoreSegment segment, long offset)
    {
        var fields = new LittleEndianFields(destination);
        fields.Write(0, 1u); // PT_LOAD
        fields.Write(4, ((segment.Protection & 1) << 2) | (segment.Protection & 2) | ((segment.Protection & 4) >> 2));
        fields.Write(8, (ulong)offset);
        fields.Write(16, segment.Address);
        fields.Write(32, segment.FileSize);
        fields.Write(40, segment.MemorySize);
        fields.Write(48, (ulong)process.PageSize);
    }

    private void WriteHeader(int segments, long section)
    {
        var header = new byte[HeaderSize];
        var fields = new LittleEndianFields(header);
        // ELFCLASS64, ELFDATA2LSB, EV_CURRENT, ELFOSABI_NONE.
        fields.Write(0, [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1]);
        fields.Write(16, (ushort)4); // ET_CORE
        fields.Write(18, process.Registers.Machine);
        fields.Write(20, 1u);
        fields.Write(32, (ulong)HeaderSize);
        fields.Write(40, (ulong)section);
        fields.Write(52, (ushort)HeaderSize);
        fields.Write(54, (ushort)SegmentSize);
        fields.Write(56, (ushort)Math.Min(segments, ManySegments));
        if (section != 0)
        {
            fields.Write(58, (ushort)SectionSize);
            fields.Write(60, (ushort)1);
        }
        WriteAt(header, 0);
    }

    // SHT_NULL; sh_size is the number of section headers, sh_info that of segments.
    private void WriteCount(int segments, long offset)
    {
        var section = new byte[SectionSize];
        var fields = new LittleEndianFields(section);
        fields.Write(32, 1ul);
        fields.Write(44, segments);
        WriteAt(section, offset);
    }

    private void CopyMemory(CoreSegment segment, long offset)
    {
        if (segment.FileSize == 0)
            return;
        foreach (var extent in process.Memory.Parts(segment.Address, segment.Address + segment.FileSize))
        {
            if (extent.Store is not { } store || extent.IsZero)
                continue;
            for (var done = 0L; done < extent.Length;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var bytes = _buffer.AsSpan(0, (int)Math.Min(_buffer.Length, extent.Length - done));
                store.Read(extent.Run, extent.Start + done, bytes);
                _memory.Write(bytes, offset + (long)(extent.Address - segment.Address) + done);
                done += bytes.Length;
                copied(bytes.Length);
            }
        }
    }

    private long AlignUp(long offset) => (offset + process.PageSize - 1) / process.PageSize * process.PageSize;

    private void WriteAt(ReadOnlySpan<byte> bytes, long offset) => RandomAccess.Write(file.SafeFileHandle, bytes, offset);
}

using System.Buffers.Binary;
using System.Text;

namespace KubeCheckpoint.Core.Tests.Archives.CoreDumps;

/// <summary>Reads a core file strictly according to elf(5), without code of the writer, and rejects anything else.</summary>
internal sealed class CoreFileReader
{
    private const int NoteType = 4;
    private const int LoadType = 1;

    private readonly byte[] _file;

    public CoreFileReader(byte[] file)
    {
        _file = file;
        Assert.Equal([0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, 0], file[..8]);
        Assert.Equal(4, U16(16));
        Assert.Equal(1u, U32(20));
        Assert.Equal(64, U16(52));
        Assert.Equal(56, U16(54));
        Machine = U16(18);
        var segments = Enumerable.Range(0, SegmentCount()).Select(index => ReadSegment((long)U64(32) + index * 56L)).ToList();
        Assert.Equal(NoteType, segments[0].Type);
        Loads = segments[1..];
        Notes = ReadNotes(segments[0]);
        CheckLoads(segments[0]);
    }

    public ushort Machine { get; }

    public List<Segment> Loads { get; }

    public List<Note> Notes { get; }

    /// <summary>The notes of each thread, beginning with its NT_PRSTATUS.</summary>
    public List<List<Note>> Threads
    {
        get
        {
            var threads = new List<List<Note>>();
            foreach (var note in Notes)
            {
                if (note is { Owner: "CORE", Type: 1 })
                    threads.Add([]);
                threads[^1].Add(note);
            }
            return threads;
        }
    }

    public Note Single(string owner, uint type) => Assert.Single(Notes, note => note.Owner == owner && note.Type == type);

    /// <summary>The segment that contains an address, or null.</summary>
    public Segment? Find(ulong address)
    {
        var index = Loads.BinarySearch(new Segment { Address = address }, Comparer<Segment>.Create((left, right) => left.Address.CompareTo(right.Address)));
        var found = index >= 0 ? Loads[index] : ~index > 0 ? Loads[~index - 1] : null;
        return found is not null && address < found.Address + found.MemorySize ? found : null;
    }

    /// <summary>The memory in the file: its bytes, followed by zeros.</summary>
    public byte[] Read(ulong address, int length)
    {
        var segment = Find(address)!;
        Assert.True(address + (ulong)length <= segment.Address + segment.MemorySize, "It ends inside.");
        var bytes = new byte[length];
        var start = address - segment.Address;
        var count = start >= segment.FileSize ? 0 : (int)Math.Min((ulong)length, segment.FileSize - start);
        _file.AsSpan((int)(segment.Offset + start), count).CopyTo(bytes);
        return bytes;
    }

    private int SegmentCount()
    {
        if (U16(56) != 0xffff)
        {
            Assert.Equal(0ul, U64(40));
            return U16(56);
        }
        Assert.Equal(1, U16(60));
        Assert.Equal(64, U16(58));
        var section = (int)U64(40);
        Assert.Equal(_file.Length, section + 64);
        Assert.Equal(1ul, U64(section + 32));
        return (int)U32(section + 44);
    }

    private Segment ReadSegment(long offset) => new()
    {
        Type = (int)U32((int)offset),
        Flags = U32((int)offset + 4),
        Offset = U64((int)offset + 8),
        Address = U64((int)offset + 16),
        FileSize = U64((int)offset + 32),
        MemorySize = U64((int)offset + 40),
        Alignment = U64((int)offset + 48),
    };

    private List<Note> ReadNotes(Segment segment)
    {
        Assert.Equal(64 + (ulong)(Loads.Count + 1) * 56, segment.Offset);
        var notes = new List<Note>();
        var position = (int)segment.Offset;
        while (position < (int)(segment.Offset + segment.FileSize))
        {
            var (nameSize, size) = ((int)U32(position), (int)U32(position + 4));
            var content = position + 12 + (nameSize + 3) / 4 * 4;
            Assert.Equal(0, _file[position + 12 + nameSize - 1]);
            notes.Add(new Note(Encoding.ASCII.GetString(_file, position + 12, nameSize - 1), U32(position + 8), _file[content..(content + size)]));
            position = content + (size + 3) / 4 * 4;
        }
        Assert.Equal((int)(segment.Offset + segment.FileSize), position);
        return notes;
    }

    private void CheckLoads(Segment notes)
    {
        var (address, offset) = (0ul, notes.Offset + notes.FileSize);
        foreach (var load in Loads)
        {
            Assert.Equal(LoadType, load.Type);
            Assert.True(load.MemorySize > 0 && load.FileSize <= load.MemorySize, "sizes");
            Assert.True(load.Address >= address, "Segments lie over each other.");
            Assert.True(load.Offset >= offset, "Segments lie over each other in the file.");
            Assert.Equal(0ul, load.Offset % load.Alignment);
            Assert.Equal(0ul, load.Address % load.Alignment);
            Assert.True(load.Offset + load.FileSize <= (ulong)_file.Length, "The file is too short.");
            (address, offset) = (load.Address + load.MemorySize, load.Offset + load.FileSize);
        }
    }

    private ushort U16(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(_file.AsSpan(offset));

    private uint U32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_file.AsSpan(offset));

    private ulong U64(int offset) => BinaryPrimitives.ReadUInt64LittleEndian(_file.AsSpan(offset));

    internal sealed record Segment
    {
        public int Type { get; init; }

        public uint Flags { get; init; }

        public ulong Offset { get; init; }

        public ulong Address { get; init; }

        public ulong FileSize { get; init; }

        public ulong MemorySize { get; init; }

        public ulong Alignment { get; init; }
    }

    internal sealed record Note(string Owner, uint Type, byte[] Content)
    {
        public int Int(int offset) => BinaryPrimitives.ReadInt32LittleEndian(Content.AsSpan(offset));

        public ulong Long(int offset) => BinaryPrimitives.ReadUInt64LittleEndian(Content.AsSpan(offset));

        public string Text(int offset, int size) => Encoding.UTF8.GetString(Content, offset, size).TrimEnd('\0');
    }
}

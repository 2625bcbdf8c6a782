using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Fuzz.Drafts;

namespace KubeCheckpoint.Fuzz.Targets;

/// <summary>A mutated archive: in memory for readers that take it there, and as a file for those that take a path.</summary>
internal sealed class ArchiveInput
{
    private const string FileName = "input.tar";
    private const string ReferenceName = "reference.tar";

    private readonly byte[] _buffer;
    private readonly int _length;
    private readonly TarDraft? _reference;
    private string? _path;

    /// <param name="draft">The archive.</param>
    /// <param name="reference">An archive that is not mutated, to compare it with.</param>
    /// <param name="reading">The reading of it.</param>
    public ArchiveInput(IDraft draft, TarDraft? reference, Reading reading)
    {
        _length = draft.Length;
        _buffer = reading.Place.Buffer(_length);
        _reference = reference;
        Reading = reading;
        draft.CopyTo(_buffer);
    }

    public long Size => _length;

    public Workplace Place => Reading.Place;

    public Reading Reading { get; }

    /// <summary>Ends what takes too long.</summary>
    public CancellationToken Token => Place.Token;

    public string Path => _path ??= Place.Write(FileName, _buffer.AsSpan(0, _length));

    public string ReferencePath
    {
        get
        {
            var path = Place.PathOf(ReferenceName);
            return File.Exists(path) ? path : Place.Write(ReferenceName, ((IDraft)_reference!).ToBytes());
        }
    }

    public ArchiveFile Open() => new(new BytesSource(_buffer, _length));

    public void WithContent(Action<CheckpointContent> read)
    {
        using var content = CheckpointContent.Open(Open(), Token);
        read(content);
    }

    public void WithImages(Action<CheckpointImages> read) => WithContent(content => read(new CheckpointImages(content)));

    private sealed class BytesSource(byte[] bytes, int length) : IByteSource
    {
        public string Path => "memory.tar";

        public long Length => length;

        public int Read(Span<byte> buffer, long offset)
        {
            var count = (int)Math.Clamp(length - offset, 0, buffer.Length);
            if (count > 0)
                bytes.AsSpan((int)offset, count).CopyTo(buffer);
            return count;
        }

        public void Dispose()
        {
        }
    }
}

using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.IO;

namespace KubeCheckpoint.Images.Layout;

/// <summary>A layout in a tar: an oci-archive. A compressed one is first decompressed into a temporary file.</summary>
internal sealed class LayoutArchive : ILayoutFiles
{
    private readonly ArchiveFile _file;
    private readonly IByteSource? _spill;
    private readonly Dictionary<string, ArchiveMember> _members;

    private LayoutArchive(ArchiveFile file, IByteSource? spill, CancellationToken cancellationToken)
    {
        _file = file;
        _spill = spill;
        var tar = spill is null ? file : new ArchiveFile(spill);
        _members = tar.ReadIndex(cancellationToken).Where(member => member.Kind == ArchiveMemberKind.File).ToDictionary(member => member.Name, StringComparer.Ordinal);
    }

    public string Path => _file.Path;

    /// <exception cref="KubeCheckpointException">The failures of opening and indexing an archive.</exception>
    public static LayoutArchive Open(string path, CancellationToken cancellationToken)
    {
        var file = ArchiveFile.Open(path);
        IByteSource? spill = null;
        try
        {
            spill = file.Compression == ArchiveCompression.None ? null : SpillFile.Write(file, cancellationToken);
            return new LayoutArchive(file, spill, cancellationToken);
        }
        catch
        {
            spill?.Dispose();
            file.Dispose();
            throw;
        }
    }

    public IByteSource? Open(string name) => _members.TryGetValue(name, out var member) ? new RangeSource(_spill ?? _file.Source, member) : null;

    public void Dispose()
    {
        _spill?.Dispose();
        _file.Dispose();
    }

    /// <summary>A member of the tar, which its owner disposes.</summary>
    private sealed class RangeSource(IByteSource source, ArchiveMember member) : IByteSource
    {
        public string Path => source.Path;

        public long Length => member.Size;

        public int Read(Span<byte> buffer, long offset)
        {
            var left = member.Size - offset;
            return left <= 0 ? 0 : source.Read(buffer.Length > left ? buffer[..(int)left] : buffer, member.DataOffset + offset);
        }

        public void Dispose()
        {
        }
    }
}

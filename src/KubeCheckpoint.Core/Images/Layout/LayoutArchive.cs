using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.IO;

namespace KubeCheckpoint.Images.Layout;

/// <summary>A layout in a tar: an oci-archive. A compressed one is first decompressed into a temporary file.</summary>
internal sealed class LayoutArchive : ILayoutFiles
{
    private readonly ArchiveFile _file;
    private readonly ArchiveFile _tar;
    private readonly Dictionary<string, ArchiveMember> _members;

    private LayoutArchive(ArchiveFile file, IByteSource? spill, CancellationToken cancellationToken)
    {
        _file = file;
        _tar = spill is null ? file : new ArchiveFile(spill);
        _members = _tar.ReadIndex(cancellationToken)
            .Where(member => member.Kind == ArchiveMemberKind.File)
            .ToDictionary(member => member.Name, StringComparer.Ordinal);
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

    public IByteSource? Open(string name) => _members.TryGetValue(name, out var member) ? _tar.Locate(member) : null;

    public void Dispose()
    {
        _tar.Dispose();
        _file.Dispose();
    }
}

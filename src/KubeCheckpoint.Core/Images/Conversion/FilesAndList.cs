using System.Text;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.FileChanges;
using KubeCheckpoint.Archives.Tar;

namespace KubeCheckpoint.Images.Conversion;

/// <summary>
/// Writes changed and deleted files as CRI-O and Podman read them: a tar to unpack, and a list of paths to delete after that. In the layer
/// that containerd writes, a whiteout only hides the image's content: a path may be deleted and exist again, and a folder may exist
/// without the content it has in the image. CRI-O and Podman themselves list a folder that was deleted and created again, and lose it on a
/// restore. Such a path is written as a file and, after it, a folder: unpacking replaces the image's folder with the file, and the file
/// with an empty folder.
/// </summary>
internal sealed class FilesAndList
{
    private const int FolderMode = 0x1ed; // 0755, as containerd creates folders that are not in a layer

    private readonly ConversionSource _source;
    private readonly OverlayWriter _overlay;
    private readonly CancellationToken _cancellation;
    private readonly bool _isLayer;
    private readonly SortedSet<string> _emptied = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _deleted;
    private long _length;

    private FilesAndList(ConversionSource source, OverlayWriter overlay, CancellationToken cancellationToken)
    {
        _source = source;
        _overlay = overlay;
        _cancellation = cancellationToken;
        _isLayer = source.Engine == CheckpointEngine.Containerd;
        _deleted = _isLayer ? new SortedSet<string>(StringComparer.Ordinal) : DeletedFiles.ReadPaths(source.Content);
    }

    public static void Apply(ConversionSource source, OverlayWriter overlay, CancellationToken cancellationToken) =>
        new FilesAndList(source, overlay, cancellationToken).Apply();

    private void Apply()
    {
        if (!IsConversionNeeded())
            return;
        _overlay.Add(RootFsDiff.MemberName, Write);
        if (_deleted.Count > 0 || !_isLayer)
            _overlay.Add(DeletedFiles.MemberName, ChangedFiles.ToJson(_deleted.Select(path => "/" + path)));
    }

    // The whiteout of an emptied folder may come after its new content.
    private bool IsConversionNeeded()
    {
        if (!_isLayer && _deleted.Count == 0)
            return false;
        var result = false;
        using var tar = RootFsDiff.Open(_source.Content, _cancellation);
        while (tar?.Next() is { } member)
        {
            if (!_isLayer)
            {
                result |= Paths(member.Name).Any(_deleted.Contains);
            }
            else if (Whiteout.TryParse(member.Name, out var whiteout))
            {
                result = true;
                if (whiteout is { IsOpaque: true })
                    Remember(_emptied, PathOf(whiteout, member));
            }
        }
        tar?.Drain();
        return result;
    }

    private void Write(Stream target)
    {
        foreach (var folder in _emptied)
        {
            WriteFile(target, folder);
            WriteFolder(target, folder, null);
        }
        using var tar = RootFsDiff.Open(_source.Content, _cancellation);
        while (tar?.Next() is { } member)
        {
            if (_isLayer && Whiteout.TryParse(member.Name, out var whiteout))
            {
                if (whiteout is { IsOpaque: false })
                    Remember(_deleted, PathOf(whiteout, member));
                continue;
            }
            Recreate(target, member);
            tar.CopyTo(target);
        }
        target.Write(TarBlocks.End);
    }

    private void Recreate(Stream target, ArchiveMember member)
    {
        if (_deleted.Count == 0)
            return;
        foreach (var path in Paths(member.Name))
        {
            var isWhole = path.Length == member.Name.Length;
            if (!_deleted.Remove(path) || (isWhole && member.Kind != ArchiveMemberKind.Directory))
                continue;
            WriteFile(target, path);
            if (!isWhole)
                WriteFolder(target, path, member.ModifiedAt);
        }
    }

    // The parent folders of a path, from the root down, and the path itself.
    private static IEnumerable<string> Paths(string name)
    {
        for (var end = name.IndexOf('/', StringComparison.Ordinal); end >= 0; end = name.IndexOf('/', end + 1))
            yield return name[..end];
        yield return name;
    }

    private static void WriteFile(Stream target, string path) => target.Write(TarBlocks.Header(path, '0', 0));

    /// <summary>Writes the entry of a folder, which replaces a file in its place.</summary>
    public static void WriteFolder(Stream target, string path, DateTimeOffset? modifiedAt) =>
        target.Write(TarBlocks.Header(path + "/", '5', FolderMode, modifiedAt: modifiedAt));

    private string PathOf(Whiteout whiteout, ArchiveMember member)
    {
        var path = whiteout.Path.Trim('/');
        return path[(path.LastIndexOf('/') + 1)..] is "" or "." or ".."
            ? throw ArchiveFailure.ArchiveDamaged($"{_source.Path}/{RootFsDiff.MemberName}", member.Name, member.HeaderOffset, "a whiteout has no file name")
            : path;
    }

    // The limit is that of the list written from them.
    private void Remember(SortedSet<string> paths, string path)
    {
        if (!paths.Add(path))
            return;
        _length += Encoding.UTF8.GetByteCount(path) + 4;
        if (_length > ArchiveLimits.JsonMemberSize)
            throw ArchiveFailure.ArchiveDamaged(_source.Path, RootFsDiff.MemberName, 0, $"more than {ArchiveLimits.JsonMemberSize} bytes of deleted paths");
    }
}

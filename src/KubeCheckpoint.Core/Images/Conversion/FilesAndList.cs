using System.Text;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.FileChanges;

namespace KubeCheckpoint.Images.Conversion;

/// <summary>
/// Says changed and deleted files as CRI-O and Podman read them: a tar, which is unpacked, and a list of what is deleted after that. In the
/// layer that containerd writes, what is gone only hides what the image had: a path may be gone and there again, and a folder may be there
/// with none of its image's content. CRI-O and Podman themselves list a folder that was removed and made again, and lose it when they restore.
/// Such a path is written as a file and, after it, a folder: whoever unpacks puts the file in the place of the image's folder, and an empty
/// folder in the place of the file.
/// </summary>
internal sealed class FilesAndList
{
    private const int FolderMode = 0x1ed; // 0755, as containerd makes folders that a layer does not describe

    private readonly ConversionSource _source;
    private readonly OverlayWriter _overlay;
    private readonly CancellationToken _cancellation;
    private readonly bool _isLayer;
    private readonly SortedSet<string> _emptied = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _gone;
    private long _length;

    private FilesAndList(ConversionSource source, OverlayWriter overlay, CancellationToken cancellationToken)
    {
        _source = source;
        _overlay = overlay;
        _cancellation = cancellationToken;
        _isLayer = source.Engine == CheckpointEngine.Containerd;
        _gone = _isLayer ? new SortedSet<string>(StringComparer.Ordinal) : ChangedFiles.ReadGone(source);
    }

    public static void Apply(ConversionSource source, OverlayWriter overlay, CancellationToken cancellationToken) =>
        new FilesAndList(source, overlay, cancellationToken).Apply();

    private void Apply()
    {
        if (!IsToBeChanged())
            return;
        _overlay.Add(RootFsDiff.MemberName, Write);
        if (_gone.Count > 0 || !_isLayer)
            _overlay.Add(DeletedFiles.MemberName, ChangedFiles.ToJson(_gone.Select(path => "/" + path)));
    }

    // The marker for an emptied folder may come after what is new in it.
    private bool IsToBeChanged()
    {
        if (!_isLayer && _gone.Count == 0)
            return false;
        var result = false;
        using var tar = ChangedFiles.Open(_source, _cancellation);
        while (tar?.Next() is { } member)
        {
            if (!_isLayer)
            {
                result |= Paths(member.Name).Any(_gone.Contains);
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
        using var tar = ChangedFiles.Open(_source, _cancellation);
        while (tar?.Next() is { } member)
        {
            if (_isLayer && Whiteout.TryParse(member.Name, out var whiteout))
            {
                if (whiteout is { IsOpaque: false })
                    Remember(_gone, PathOf(whiteout, member));
                continue;
            }
            BringBack(target, member);
            tar.CopyTo(target);
        }
        target.Write(TarBlocks.End);
    }

    private void BringBack(Stream target, ArchiveMember member)
    {
        if (_gone.Count == 0)
            return;
        foreach (var path in Paths(member.Name))
        {
            var isWhole = path.Length == member.Name.Length;
            if (!_gone.Remove(path) || (isWhole && member.Kind != ArchiveMemberKind.Directory))
                continue;
            WriteFile(target, path);
            if (!isWhole)
                WriteFolder(target, path, member.ModifiedAt);
        }
    }

    // The folders a path lies in, from the root on, and the path itself.
    private static IEnumerable<string> Paths(string name)
    {
        for (var end = name.IndexOf('/', StringComparison.Ordinal); end >= 0; end = name.IndexOf('/', end + 1))
            yield return name[..end];
        yield return name;
    }

    private static void WriteFile(Stream target, string path) => target.Write(TarBlocks.Header(path, '0', 0));

    private static void WriteFolder(Stream target, string path, DateTimeOffset? modifiedAt) =>
        target.Write(TarBlocks.Header(path + "/", '5', FolderMode, modifiedAt: modifiedAt));

    private string PathOf(Whiteout whiteout, ArchiveMember member)
    {
        var path = whiteout.Path.Trim('/');
        return path[(path.LastIndexOf('/') + 1)..] is "" or "." or ".."
            ? throw ArchiveFailure.ArchiveDamaged($"{_source.Path}/{RootFsDiff.MemberName}", member.Name, member.HeaderOffset, "a whiteout names no file")
            : path;
    }

    // As long as the list that is made of them may be.
    private void Remember(SortedSet<string> paths, string path)
    {
        if (!paths.Add(path))
            return;
        _length += Encoding.UTF8.GetByteCount(path) + 4;
        if (_length > ArchiveLimits.JsonMemberSize)
            throw ArchiveFailure.ArchiveDamaged(_source.Path, RootFsDiff.MemberName, 0, $"more than {ArchiveLimits.JsonMemberSize} bytes of paths are gone");
    }
}

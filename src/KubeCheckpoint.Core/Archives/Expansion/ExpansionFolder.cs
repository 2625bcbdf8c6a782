using KubeCheckpoint.Archives.IO;

namespace KubeCheckpoint.Archives.Expansion;

/// <summary>
/// The folder an archive is expanded into. Every path is built from the folder and parts that are checked one by one: an archive of a
/// compromised container, or a link planted in the folder, must not redirect a file.
/// </summary>
/// <param name="request">The request.</param>
/// <param name="meter">Counts every byte.</param>
/// <param name="forWindows">Whether names must be valid on Windows.</param>
/// <param name="ignoresCase">Whether the file system ignores case; null to find out.</param>
internal sealed class ExpansionFolder(ExpansionRequest request, ExpansionMeter meter, bool forWindows, bool? ignoresCase = null) : IDisposable
{
    private const int BufferSize = 256 * 1024;

    private readonly byte[] _buffer = new byte[BufferSize];
    private readonly HashSet<string> _written = new(StringComparer.OrdinalIgnoreCase);
    private WritableFolder? _root;
    private WritableFolder? _last;
    private bool _ignoresCase;

    public ExpansionFolder(ExpansionRequest request, ExpansionMeter meter)
        : this(request, meter, OperatingSystem.IsWindows())
    {
    }

    /// <summary>Creates the folder itself, once. The user named it, so it may be a link or be reached through one.</summary>
    public void Make()
    {
        if (_root is not null)
            return;
        try
        {
            _root = WritableFolder.Make(request.Destination);
            _ignoresCase = ignoresCase ?? IgnoresCase(_root.Access);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw _root?.FailureOf(request.Destination, exception) ?? WholeFile.FailureOf(request.Destination, exception);
        }
    }

    /// <summary>Writes a file, or creates a folder and returns null.</summary>
    public ExpandedFile? Write(ArchiveMember member, Stream data, CancellationToken cancellationToken)
    {
        var parts = member.Name.Split('/');
        CheckNames(member, parts);
        switch (member.Kind)
        {
            case ArchiveMemberKind.Directory:
                MakeFolders(member, parts);
                return null;
            case ArchiveMemberKind.File:
                var folder = MakeFolders(member, parts.AsSpan()[..^1]);
                WriteFile(member, folder, parts[^1], data, cancellationToken);
                return new ExpandedFile(request.ArchivePath, member.Name, Path.Combine(folder.Path, parts[^1]), member.Size);
            default:
                throw ArchiveFailure.MemberNotExpandable(request.ArchivePath, member);
        }
    }

    public void Dispose()
    {
        _last?.Dispose();
        _root?.Dispose();
    }

    private void CheckNames(ArchiveMember member, string[] parts)
    {
        if (forWindows && parts.Select(WindowsFileName.Problem).FirstOrDefault(problem => problem is not null) is { } reason)
            throw ArchiveFailure.MemberNameNotUsable(request.ArchivePath, member, reason);
    }

    /// <summary>The folder of a member, open. Members of one folder follow each other, so the last one is kept.</summary>
    private WritableFolder MakeFolders(ArchiveMember member, ReadOnlySpan<string> parts)
    {
        var path = Path.Combine([request.Destination, .. parts]);
        if (_last?.Path == path)
            return _last;
        var folder = _root!;
        foreach (var part in parts)
        {
            var above = folder;
            try
            {
                folder = MakeFolder(member, above, part);
            }
            finally
            {
                if (above != _root)
                    above.Dispose();
            }
        }
        if (_last != _root)
            _last?.Dispose();
        return _last = folder;
    }

    private WritableFolder MakeFolder(ArchiveMember member, WritableFolder above, string name)
    {
        try
        {
            return above.MakeWithin(name);
        }
        catch (IOException) when (IsLink(Path.Combine(above.Access, name)))
        {
            throw ArchiveFailure.DestinationLeadsAway(request.ArchivePath, member, Path.Combine(above.Path, name));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw above.FailureOf(Path.Combine(above.Path, name), exception);
        }
    }

    private void WriteFile(ArchiveMember member, WritableFolder folder, string name, Stream data, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder.Path, name);
        var target = Path.Combine(folder.Access, name);
        CheckCase(member);
        CheckExisting(path, target);
        FreeSpace.Require(path, member.Sparse?.StoredSize ?? member.Size);
        try
        {
            WholeFile.Write(target, request.Overwrite, file => Copy(member, data, file, cancellationToken), durable: false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw folder.FailureOf(path, exception);
        }
    }

    // Where the file system ignores case, the second of two members would replace the first.
    private void CheckCase(ArchiveMember member)
    {
        if (_ignoresCase && !_written.Add(member.Name))
            throw ArchiveFailure.MemberNameNotUsable(request.ArchivePath, member, "on this file system it is the same name as that of an earlier member");
    }

    private void CheckExisting(string path, string target)
    {
        var isLink = IsLink(target);
        if (Directory.Exists(target) && !isLink)
            throw ArchiveFailure.DestinationExists(path, isFolder: true);
        if (!request.Overwrite && (isLink || File.Exists(target)))
            throw ArchiveFailure.DestinationExists(path, isFolder: false);
    }

    private void Copy(ArchiveMember member, Stream data, FileStream file, CancellationToken cancellationToken)
    {
        var target = new SparseFile(file.SafeFileHandle);
        var position = data.SkipHole();
        while (data.Read(_buffer) is > 0 and var count)
        {
            cancellationToken.ThrowIfCancellationRequested();
            target.Write(_buffer.AsSpan(0, count), position);
            position += count;
            meter.Add(count);
            position += data.SkipHole();
        }
        target.Finish(position);
        if (member.ModifiedAt is { } time)
            File.SetLastWriteTimeUtc(file.SafeFileHandle, time.UtcDateTime);
    }

    private static bool IgnoresCase(string folder)
    {
        var probe = Path.Combine(folder, $"{Guid.NewGuid():n}a.partial");
        using (new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose))
            return File.Exists(Path.Combine(folder, Path.GetFileName(probe).ToUpperInvariant()));
    }

    private static bool IsLink(string path) => new FileInfo(path).LinkTarget is not null || new DirectoryInfo(path).LinkTarget is not null;
}

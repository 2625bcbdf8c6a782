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
internal sealed class ExpansionFolder(ExpansionRequest request, ExpansionMeter meter, bool forWindows, bool? ignoresCase = null)
{
    private const int BufferSize = 256 * 1024;

    private readonly byte[] _buffer = new byte[BufferSize];
    private readonly HashSet<string> _folders = new(StringComparer.Ordinal);
    private readonly HashSet<string> _written = new(StringComparer.OrdinalIgnoreCase);
    private bool _isMade;
    private bool _ignoresCase;

    public ExpansionFolder(ExpansionRequest request, ExpansionMeter meter)
        : this(request, meter, OperatingSystem.IsWindows())
    {
    }

    /// <summary>Creates the folder itself, once. The user named it, so it may be a link or be reached through one.</summary>
    public void Make()
    {
        if (_isMade)
            return;
        CreateFolder(request.Destination);
        _ignoresCase = ignoresCase ?? IgnoresCase(request.Destination);
        _isMade = true;
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
                var path = Path.Combine(MakeFolders(member, parts.AsSpan()[..^1]), parts[^1]);
                WriteFile(member, path, data, cancellationToken);
                return new ExpandedFile(request.ArchivePath, member.Name, path, member.Size);
            default:
                throw ArchiveFailure.MemberNotExpandable(request.ArchivePath, member);
        }
    }

    private void CheckNames(ArchiveMember member, string[] parts)
    {
        if (forWindows && parts.Select(WindowsFileName.Problem).FirstOrDefault(problem => problem is not null) is { } reason)
            throw ArchiveFailure.MemberNameNotUsable(request.ArchivePath, member, reason);
    }

    private string MakeFolders(ArchiveMember member, ReadOnlySpan<string> parts)
    {
        var folder = request.Destination;
        foreach (var part in parts)
        {
            folder = Path.Combine(folder, part);
            if (_folders.Contains(folder))
                continue;
            if (IsLink(folder))
                throw ArchiveFailure.DestinationLeadsAway(request.ArchivePath, member, folder);
            CreateFolder(folder);
            _folders.Add(folder);
        }
        return folder;
    }

    private void WriteFile(ArchiveMember member, string path, Stream data, CancellationToken cancellationToken)
    {
        CheckCase(member);
        CheckExisting(path);
        FreeSpace.Require(path, member.Sparse?.StoredSize ?? member.Size);
        try
        {
            WholeFile.Write(path, request.Overwrite, file => Copy(member, data, file, cancellationToken), durable: false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw WholeFile.FailureOf(path, exception);
        }
    }

    // Where the file system ignores case, the second of two members would replace the first.
    private void CheckCase(ArchiveMember member)
    {
        if (_ignoresCase && !_written.Add(member.Name))
            throw ArchiveFailure.MemberNameNotUsable(request.ArchivePath, member, "on this file system it is the same name as that of an earlier member");
    }

    private void CheckExisting(string path)
    {
        var isLink = IsLink(path);
        if (Directory.Exists(path) && !isLink)
            throw ArchiveFailure.DestinationExists(path, isFolder: true);
        if (!request.Overwrite && (isLink || File.Exists(path)))
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

    private static void CreateFolder(string folder)
    {
        try
        {
            PrivateFolder.Make(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw WholeFile.FailureOf(folder, exception);
        }
    }

    private static bool IgnoresCase(string folder)
    {
        var probe = Path.Combine(folder, $"{Guid.NewGuid():n}a.partial");
        try
        {
            using (new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose))
                return File.Exists(Path.Combine(folder, Path.GetFileName(probe).ToUpperInvariant()));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw WholeFile.FailureOf(folder, exception);
        }
    }

    private static bool IsLink(string path) => new FileInfo(path).LinkTarget is not null || new DirectoryInfo(path).LinkTarget is not null;
}

using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Budgets;

namespace KubeCheckpoint.Archives.Contents;

/// <summary>The files of a folder that is an archive. Each is opened when it is first read.</summary>
internal sealed class FolderFiles(string folder) : IDisposable
{
    // Beyond these, a file is opened for every read: a checkpoint may have more files than a process may open.
    private const int MostOpen = 256;

    // What the system tells about a file, and the member that is made of it.
    private const int FileCost = 1024;

    private const long LargeFile = 16 * 1024 * 1024;

    private readonly Lock _opening = new();
    private readonly Dictionary<string, IByteSource> _open = new(StringComparer.Ordinal);

    /// <summary>The data of a file, to be read at any offset. The folder owns it.</summary>
    public IByteSource Open(ArchiveMember member)
    {
        lock (_opening)
        {
            if (_open.TryGetValue(member.Name, out var known))
                return known;
            if (_open.Count >= MostOpen)
                return new BriefSource(folder, member);
            var file = OpenFile(folder, member);
            _open.Add(member.Name, file);
            return file;
        }
    }

    /// <summary>How many bytes a file takes, without the holes of large ones.</summary>
    public long StoredSizeOf(ArchiveMember member)
    {
        if (member.Size < LargeFile)
            return member.Size;
        using var file = OpenFile(folder, member);
        return file.StoredSize();
    }

    /// <summary>The files and folders in it, as members of an archive, in the order of their names.</summary>
    /// <param name="folder">The folder's full path.</param>
    /// <param name="depth">How many folders deep.</param>
    /// <exception cref="KubeCheckpointException">ArchiveNotReadable, or ArchiveBudgetExceeded for more files than an archive may have.</exception>
    public static IReadOnlyList<ArchiveMember> List(string folder, int depth)
    {
        var members = new List<ArchiveMember>();
        try
        {
            Add(new ArchiveBudget(folder, 0), new DirectoryInfo(folder), "", depth, members);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw ArchiveFailure.ArchiveNotReadable(folder, exception);
        }
        return members;
    }

    public void Dispose()
    {
        lock (_opening)
        {
            foreach (var file in _open.Values)
                file.Dispose();
            _open.Clear();
        }
    }

    private static void Add(ArchiveBudget budget, DirectoryInfo folder, string prefix, int depth, List<ArchiveMember> members)
    {
        foreach (var entry in Entries(budget, folder).OrderBy(entry => entry.Name, StringComparer.Ordinal))
        {
            var name = prefix + entry.Name;
            var kind = KindOf(entry);
            var size = kind == ArchiveMemberKind.File ? ((FileInfo)entry).Length : 0;
            members.Add(new ArchiveMember(name, kind, size, 0, 0, new DateTimeOffset(entry.LastWriteTimeUtc)));
            if (kind == ArchiveMemberKind.Directory && depth > 0)
                Add(budget, (DirectoryInfo)entry, name + "/", depth - 1, members);
        }
    }

    private static IEnumerable<FileSystemInfo> Entries(ArchiveBudget budget, DirectoryInfo folder)
    {
        foreach (var entry in folder.EnumerateFileSystemInfos())
        {
            budget.DrawMemory(FileCost, "the list of files", entry.Name);
            yield return entry;
        }
    }

    private static ArchiveMemberKind KindOf(FileSystemInfo entry) => entry switch
    {
        { LinkTarget: not null } => ArchiveMemberKind.SymbolicLink,
        DirectoryInfo => ArchiveMemberKind.Directory,
        _ => RegularFile.Exists(entry.FullName) ? ArchiveMemberKind.File : ArchiveMemberKind.Other,
    };

    private static FileByteSource OpenFile(string folder, ArchiveMember member)
    {
        var path = Path.Combine(folder, member.Name);
        try
        {
            var handle = RegularFile.Open(folder, member.Name);
            return new FileByteSource(path, handle, RandomAccess.GetLength(handle));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw ArchiveFailure.ArchiveNotReadable(path, exception);
        }
    }

    /// <summary>A file that is open only while it is read.</summary>
    private sealed class BriefSource(string folder, ArchiveMember member) : IByteSource
    {
        public string Path => System.IO.Path.Combine(folder, member.Name);

        public long Length => member.Size;

        public int Read(Span<byte> buffer, long offset)
        {
            using var file = OpenFile(folder, member);
            return file.Read(buffer, offset);
        }

        public (long Start, long End) FindHole(long offset)
        {
            using var file = OpenFile(folder, member);
            return file.FindHole(offset);
        }

        public void Dispose()
        {
        }
    }
}

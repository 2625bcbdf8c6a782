using System.Formats.Tar;
using System.Text;
using System.Text.Json;

namespace KubeCheckpoint.Core.Tests.Images.Conversion;

/// <summary>
/// A file system in memory, with the runtimes' ways to unpack changed files: containers/storage (archive.Unpack, then
/// crutils.CRRemoveDeletedFiles) for CRI-O and Podman, archive.Apply for containerd.
/// </summary>
internal sealed class FileTree
{
    private readonly SortedDictionary<string, string> _files;

    public FileTree() => _files = new(StringComparer.Ordinal);

    private FileTree(FileTree other) => _files = new(other._files, StringComparer.Ordinal);

    /// <summary>Every path with its content, including folders.</summary>
    public IReadOnlyDictionary<string, string> Files => _files;

    public FileTree File(string path, string content = "") => Put(path, $"file {content}");

    public FileTree Folder(string path, string attributes = "755 0 0") => Put(path, $"folder {attributes}");

    public FileTree Clone() => new(this);

    /// <summary>Unpacks as CRI-O and Podman do.</summary>
    public FileTree UnpackThenDelete(Stream? tar, byte[]? deleted)
    {
        if (tar is not null)
        {
            using var reader = new TarReader(tar);
            while (reader.GetNextEntry(copyData: true) is { } entry)
                Write(entry);
        }
        foreach (var path in deleted is null ? [] : JsonSerializer.Deserialize<string[]>(deleted)!)
            Remove(path.Trim('/'));
        return this;
    }

    /// <summary>Unpacks as containerd does.</summary>
    public FileTree Apply(Stream? tar)
    {
        if (tar is null)
            return this;
        using var reader = new TarReader(tar);
        var unpacked = new HashSet<string>(StringComparer.Ordinal);
        var folders = new List<string>();
        while (reader.GetNextEntry(copyData: true) is { } entry)
        {
            var path = entry.Name.Trim('/');
            var (folder, name) = (path[..Math.Max(0, path.LastIndexOf('/'))], path[(path.LastIndexOf('/') + 1)..]);
            if (name == ".wh..wh..opq")
            {
                foreach (var inside in _files.Keys.Where(other => IsIn(other, folder) && !unpacked.Contains(other)).ToList())
                    _files.Remove(inside);
            }
            else if (name.StartsWith(".wh.", StringComparison.Ordinal))
            {
                MakeParents(path);
                Remove((folder.Length == 0 ? "" : folder + "/") + name[4..]);
            }
            else
            {
                Write(entry);
                unpacked.Add(path);
                if (entry.EntryType == TarEntryType.Directory)
                    folders.Add(path);
            }
        }
        // "failed call to UtimesNanoAt": the times of folders are set at the end.
        Assert.All(folders, folder => Assert.StartsWith("folder", _files[folder]));
        return this;
    }

    private void Write(TarEntry entry)
    {
        var path = entry.Name.Trim('/');
        MakeParents(path);
        if (entry.EntryType == TarEntryType.Directory)
        {
            if (_files.TryGetValue(path, out var known) && !known.StartsWith("folder", StringComparison.Ordinal))
                _files.Remove(path);
            _files[path] = $"folder {Convert.ToString((int)entry.Mode, 8)} {entry.Uid} {entry.Gid}";
            return;
        }
        Remove(path);
        using var content = new StreamReader(entry.DataStream ?? Stream.Null, Encoding.UTF8);
        var attributes = entry is PaxTarEntry pax
            ? string.Join(' ', pax.ExtendedAttributes.Where(pair => pair.Key.StartsWith("SCHILY.", StringComparison.Ordinal)).Select(pair => $"{pair.Key}={pair.Value}").Order(StringComparer.Ordinal))
            : "";
        _files[path] = entry.EntryType switch
        {
            TarEntryType.SymbolicLink => $"link {entry.LinkName}",
            TarEntryType.HardLink => _files[entry.LinkName.Trim('/')],
            TarEntryType.Fifo => "fifo",
            _ => $"file {content.ReadToEnd()}{Attributes(entry)}{attributes}",
        };
    }

    private static string Attributes(TarEntry entry) =>
        entry is { Mode: UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead, Uid: 0 } ? "" : $" {Convert.ToString((int)entry.Mode, 8)} {entry.Uid} {entry.ModificationTime.ToUnixTimeSeconds()} ";

    private void MakeParents(string path)
    {
        for (var end = path.IndexOf('/', StringComparison.Ordinal); end >= 0; end = path.IndexOf('/', end + 1))
        {
            var folder = path[..end];
            if (!_files.TryGetValue(folder, out var known))
                _files[folder] = "folder 755 0 0";
            else
                Assert.StartsWith("folder", known);
        }
    }

    private FileTree Put(string path, string what)
    {
        MakeParents(path);
        _files[path] = what;
        return this;
    }

    private void Remove(string path)
    {
        foreach (var gone in _files.Keys.Where(other => other == path || IsIn(other, path)).ToList())
            _files.Remove(gone);
    }

    private static bool IsIn(string path, string folder) => folder.Length == 0 || path.StartsWith(folder + "/", StringComparison.Ordinal);
}

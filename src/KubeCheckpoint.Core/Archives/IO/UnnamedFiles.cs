using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;

namespace KubeCheckpoint.Archives.IO;

/// <summary>
/// Files for memory that only passes through this process. They are <see cref="TemporaryFile"/>s: nothing of them is left when the process dies.
/// The readers of this process open them by a path at which there is nothing on the disk.
/// </summary>
internal sealed class UnnamedFiles : IDisposable
{
    private static readonly ConcurrentDictionary<string, UnnamedFile> Open = new(StringComparer.Ordinal);

    private readonly string _folder = Path.Combine(TemporaryFile.Folder, $"kubecheckpoint-{Guid.NewGuid():n}");
    private readonly ConcurrentDictionary<string, Lazy<UnnamedFile>> _files = new(StringComparer.Ordinal);

    /// <summary>The file with a path, or null.</summary>
    public static UnnamedFile? Find(string path) => Open.GetValueOrDefault(path);

    /// <summary>The file with a name, which is created if there is none.</summary>
    /// <exception cref="IOException">The folder for temporary files is not writable.</exception>
    /// <exception cref="UnauthorizedAccessException">Access to the folder for temporary files is denied.</exception>
    public UnnamedFile this[string name] => _files.GetOrAdd(name, _ => new(() => Create(name))).Value;

    /// <summary>Whether there is a file with a name.</summary>
    public bool Has(string name) => _files.ContainsKey(name);

    /// <summary>Closes a file and gives its space back.</summary>
    public void Delete(string name)
    {
        if (_files.TryRemove(name, out var file) && file.IsValueCreated)
            Close(file.Value);
    }

    public void Dispose()
    {
        foreach (var name in _files.Keys)
            Delete(name);
    }

    private UnnamedFile Create(string name) =>
        Open.GetOrAdd(Path.Combine(_folder, name), path => new UnnamedFile(path, TemporaryFile.Create(), DateTime.UtcNow));

    private static void Close(UnnamedFile file)
    {
        Open.TryRemove(file.Path, out _);
        file.Handle.Dispose();
    }
}

/// <summary>A file that has no name on the disk.</summary>
/// <param name="Path">The path that readers of this process open it by.</param>
/// <param name="Handle">The open file. Whoever created it closes it.</param>
/// <param name="CreatedAt">When it was created.</param>
internal sealed record UnnamedFile(string Path, SafeFileHandle Handle, DateTime CreatedAt)
{
    public long Length => RandomAccess.GetLength(Handle);

    /// <summary>The ranges that were left out, in the order of the file. Reading them is a failure.</summary>
    public IReadOnlyList<OmittedRange> Omitted { get; set; } = [];

    /// <summary>The same file for a stream or a reader, which does not close it.</summary>
    public SafeFileHandle Share() => new(Handle.DangerousGetHandle(), ownsHandle: false);
}

/// <summary>A range of a file that was not written.</summary>
/// <param name="Member">The member of the archive that has these bytes.</param>
/// <param name="Start">Its first byte.</param>
/// <param name="End">The byte after its last one.</param>
internal sealed record OmittedRange(string Member, long Start, long End);

using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Archives.Descriptors;
using KubeCheckpoint.Criu.Images;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Archives.OpenFiles;

/// <summary>The locks on open files. A lock on an open file description belongs to all descriptors that share it.</summary>
internal sealed class FileLocks
{
    private readonly CheckpointImages _images;
    private readonly Dictionary<uint, Dictionary<uint, uint>> _tables = [];
    private readonly Dictionary<(int, int), List<CheckpointFileLock>> _ofProcess = [];
    private readonly Dictionary<uint, List<CheckpointFileLock>> _ofFile = [];

    public FileLocks(CheckpointImages images)
    {
        _images = images;
        foreach (var held in images.ReadAll<FileLockEntry>("filelocks.img", CriuImageType.ByName["FILE_LOCKS"]) ?? [])
        {
            var entry = ToLock(held);
            if (entry.Kind is FileLockKind.Flock or FileLockKind.OpenFileDescription && FileOf(held) is { } id)
                Add(_ofFile, id, entry);
            else
                Add(_ofProcess, (held.Pid, held.Fd), entry);
        }
    }

    public IReadOnlyList<CheckpointFileLock> Of(ProcessDescriptor descriptor)
    {
        var own = _ofProcess.GetValueOrDefault((descriptor.ProcessId, descriptor.Number)) ?? [];
        var shared = _ofFile.GetValueOrDefault(descriptor.Entry.Id) ?? [];
        return own.Count == 0 ? shared : shared.Count == 0 ? own : [.. own, .. shared];
    }

    // Processes that share their descriptors have the same table.
    private uint? FileOf(FileLockEntry held)
    {
        if (_images.Ids((uint)held.Pid) is not { } ids)
            return null;
        if (!_tables.TryGetValue(ids.FilesId, out var table))
        {
            table = _images.Descriptors((uint)held.Pid).DistinctBy(entry => entry.Fd).ToDictionary(entry => entry.Fd, entry => entry.Id);
            _tables.Add(ids.FilesId, table);
        }
        return table.TryGetValue((uint)held.Fd, out var id) ? id : null;
    }

    private static void Add<TKey>(Dictionary<TKey, List<CheckpointFileLock>> locks, TKey key, CheckpointFileLock held)
        where TKey : notnull
    {
        if (!locks.TryGetValue(key, out var list))
            locks.Add(key, list = []);
        list.Add(held);
    }

    // F_RDLCK 0 and F_WRLCK 1 (Linux, include/uapi/asm-generic/fcntl.h).
    private static CheckpointFileLock ToLock(FileLockEntry held) => new(
        (FileLockKind)held.Flag is var kind && Enum.IsDefined(kind) ? kind : FileLockKind.Unknown,
        held.Type switch { 0 => FileAccess.Read, 1 => FileAccess.Write, _ => null },
        held.Start,
        held.Len > 0 ? held.Len : null);
}

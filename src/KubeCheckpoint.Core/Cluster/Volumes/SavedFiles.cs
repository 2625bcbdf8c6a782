using KubeCheckpoint.Archives.Requirements;
using KubeCheckpoint.Archives.Volumes;

namespace KubeCheckpoint.Cluster.Volumes;

/// <summary>
/// Compares the files that processes of an archive use in volumes with those in the saved volumes. CRIU restores no file of another size. A
/// file that has grown since the checkpoint is cut to its size at the checkpoint; one that has shrunk or is missing stops the restore. Of a file
/// that is only appended to, CRIU records no size: it stays as it is.
/// </summary>
internal sealed class SavedFiles
{
    private readonly RestoreRequirements _archive;
    private readonly Dictionary<CheckpointVolume, VolumeTar?> _tars = [];

    private SavedFiles(RestoreRequirements archive) => _archive = archive;

    /// <summary>Reads the headers of the volumes beside an archive.</summary>
    public static SavedFiles Read(RestoreRequirements archive, CancellationToken cancellationToken)
    {
        var files = new SavedFiles(archive);
        foreach (var volume in archive.Archive.Volumes)
            files._tars[volume] = files.TryRead(volume, cancellationToken);
        return files;
    }

    /// <summary>The saved volume of a mount, or null.</summary>
    public CheckpointVolume? Find(NeededMount mount) => mount.VolumeName is { } name
        ? _archive.Archive.Volumes.FirstOrDefault(volume => volume.Kind == CheckpointVolumeKind.EmptyDir && volume.Name == name)
        : null;

    /// <summary>The saved /dev/shm, or null.</summary>
    public CheckpointVolume? SharedMemory => _archive.Archive.Volumes.FirstOrDefault(volume => volume.Kind == CheckpointVolumeKind.SharedMemory);

    /// <summary>The files of a volume that are to be cut after it was put back, with their sizes.</summary>
    public IReadOnlyList<(string Name, long Size)> CutsOf(CheckpointVolume volume) =>
    [
        .. PathsIn(volume).Select(path => (Name: NameIn(volume, path), Size: _archive.FileSizes.TryGetValue(path, out var size) ? size : -1))
            .Where(file => file.Name is not null && file.Size >= 0 && _tars[volume]?.Sizes.GetValueOrDefault(file.Name) > file.Size)
            .Select(file => (file.Name!, file.Size)),
    ];

    /// <summary>Why files of a volume stop the restore.</summary>
    public IEnumerable<string> ProblemsOf(CheckpointVolume volume)
    {
        if (_tars[volume] is not { } tar)
            return [$"the saved volume {volume.Path} cannot be read"];
        return PathsIn(volume).Select(path => ProblemOf(volume, tar, path)).OfType<string>();
    }

    private string? ProblemOf(CheckpointVolume volume, VolumeTar tar, string path)
    {
        if (NameIn(volume, path) is not { } name)
            return null;
        if (!tar.Sizes.TryGetValue(name, out var saved))
            return $"{path} is not in the saved volume";
        return saved is { } size && _archive.FileSizes.TryGetValue(path, out var expected) && size < expected
            ? $"{path} had {expected} bytes at the checkpoint, and has {size} in the saved volume"
            : null;
    }

    private VolumeTar? TryRead(CheckpointVolume volume, CancellationToken cancellationToken)
    {
        try
        {
            var wanted = PathsIn(volume).Select(path => NameIn(volume, path)).OfType<string>().ToHashSet(StringComparer.Ordinal);
            return VolumeTar.Read(volume.Path, wanted, isPosix: false, cancellationToken);
        }
        catch (KubeCheckpointException)
        {
            return null;
        }
    }

    private IEnumerable<string> PathsIn(CheckpointVolume volume) => volume.Kind == CheckpointVolumeKind.SharedMemory
        ? _archive.SharedMemoryFiles
        : _archive.FilesInVolumes.Where(file => Find(file.Mount) == volume).Select(file => file.Path);

    /// <summary>The path of a file in its volume; null for a subPath, whose place in the volume the archive does not record.</summary>
    private string? NameIn(CheckpointVolume volume, string path)
    {
        if (volume.Kind == CheckpointVolumeKind.SharedMemory)
            return path[(Volumes.SharedMemory.MountPath.Length + 1)..];
        var mount = _archive.FilesInVolumes.First(file => file.Path == path).Mount;
        return mount.Origin == MountOrigin.SubPath ? null : path[mount.MountPath.Length..].TrimStart('/');
    }
}

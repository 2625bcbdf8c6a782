using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Archives.Volumes;
using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Cluster.Volumes;

/// <summary>Volumes that are copied, and get their names when the archive they belong to is saved.</summary>
public sealed class PendingVolumes
{
    private readonly string _archivePath;
    private readonly bool _overwrite;
    private readonly UnnamedFiles? _passing;
    private readonly List<(IArchiveDestination Destination, CheckpointVolume Volume)> _volumes = [];

    internal PendingVolumes(string archivePath, bool overwrite, UnnamedFiles? passing) =>
        (_archivePath, _overwrite, _passing) = (archivePath, overwrite, passing);

    /// <summary>True if an earlier run has saved the volumes, closer to the checkpoint.</summary>
    internal bool IsSaved => _passing is null && !_overwrite && File.Exists(VolumeIndex.PathFor(_archivePath));

    /// <summary>Gives the copies their names, and lists them beside the archive.</summary>
    /// <param name="archive">The saved archive.</param>
    /// <param name="cancellationToken">Cancels the reading of the archive.</param>
    /// <returns>The archive with its volumes.</returns>
    /// <exception cref="KubeCheckpointException">DestinationExists, DestinationNotWritable, VolumesOfOtherArchive.</exception>
    public async Task<CheckpointArchive> PublishAsync(CheckpointArchive archive, CancellationToken cancellationToken)
    {
        var archiveSha256 = await SavedVolumes.HashAsync(archive.Path, cancellationToken).ConfigureAwait(false);
        if (IsSaved)
        {
            return archive.Volumes.FirstOrDefault(volume => volume.ArchiveSha256 != archiveSha256) is { } other
                ? throw VolumeFailure.VolumesOfOtherArchive(other.Path, archive.Path)
                : archive;
        }

        try
        {
            foreach (var (destination, _) in _volumes)
                destination.Publish();
            var volumes = _volumes.Select(pending => pending.Volume with { ArchiveSha256 = archiveSha256 }).ToList();
            if (_passing is null)
                VolumeIndex.Write(_archivePath, volumes);
            return archive with { Volumes = volumes };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw ArchiveFailure.DestinationNotWritable(_archivePath, exception);
        }
    }

    /// <summary>Removes the copies: the archive was not saved.</summary>
    public void Discard()
    {
        foreach (var (destination, _) in _volumes)
            destination.DeletePartial();
    }

    /// <exception cref="KubeCheckpointException">DestinationExists: there is a file of that name, which may not be replaced.</exception>
    internal void CheckDestination(VolumeFolder folder)
    {
        var path = PathOf(folder);
        if (_passing is null && (Directory.Exists(path) || (!_overwrite && File.Exists(path))))
            throw ArchiveFailure.DestinationExists(path, isFolder: Directory.Exists(path));
    }

    internal IArchiveDestination DestinationOf(VolumeFolder folder) => _passing is { } files
        ? new PassingArchive(files, PathOf(folder))
        : new LocalArchive(PathOf(folder), _overwrite);

    /// <summary>Keeps a copy, unless it is an empty /dev/shm.</summary>
    internal void Add(VolumeFolder folder, VolumeCopy copy, DateTimeOffset? checkpointedAt)
    {
        var destination = DestinationOf(folder);
        if (folder.Kind == CheckpointVolumeKind.SharedMemory && copy.Tar.Entries == 0)
        {
            destination.DeletePartial();
            return;
        }

        var volume = new CheckpointVolume
        {
            Name = folder.Name,
            Kind = folder.Kind,
            Path = destination.Path,
            Size = copy.Size,
            Sha256 = copy.Sha256,
            ContentSize = copy.Tar.ContentSize,
            CopiedAt = copy.CopiedAt,
            Delay = copy.CopiedAt - checkpointedAt,
            RequiresGnuTar = copy.Tar.RequiresGnuTar,
            Remarks = copy.Remarks,
            ArchiveSha256 = "",
        };
        _volumes.Add((destination, volume));
    }

    private string PathOf(VolumeFolder folder) => VolumeFiles.PathFor(_archivePath, folder.Kind, folder.Name);
}

using KubeCheckpoint.Archives.Requirements;
using KubeCheckpoint.Archives.Volumes;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Volumes;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Restore;

/// <summary>Decides which saved volumes are put back into a pod.</summary>
/// <param name="request">What is restored.</param>
/// <param name="pod">The new pod.</param>
internal sealed class RestoreVolumes(RestoreRequest request, PodDocument pod)
{
    /// <summary>The volumes, verified. Those that the pod does not have are left out.</summary>
    /// <exception cref="KubeCheckpointException">
    /// VolumesNotFound, VolumesOfOtherArchive, VolumeFileMissing, VolumeVerificationFailed, VolumeTooLarge.
    /// </exception>
    public async Task<IReadOnlyList<VolumeToRestore>> FindAsync(CancellationToken cancellationToken)
    {
        if (!request.RestoresVolumes)
            return [];
        var found = await CandidatesAsync(cancellationToken).ConfigureAwait(false);
        if (found.Count > 0 && !request.ForcesVolumes)
            await CheckOriginAsync(found, cancellationToken).ConfigureAwait(false);
        var emptyDirs = pod.EmptyDirs.ToHashSet(StringComparer.Ordinal);
        var volumes = found.Where(volume => volume.Kind == CheckpointVolumeKind.SharedMemory || emptyDirs.Contains(volume.Name))
            .GroupBy(volume => (volume.Kind, volume.Name)).Select(Choose).ToList();
        foreach (var volume in volumes)
        {
            CheckLimit(volume);
            await SavedVolumes.VerifyAsync(volume, cancellationToken).ConfigureAwait(false);
        }

        var cuts = volumes.Count == 0 ? [] : await CutsAsync(volumes, cancellationToken).ConfigureAwait(false);
        return [.. volumes.Select(volume => new VolumeToRestore(volume, [.. cuts.Where(cut => cut.Volume == volume).Select(cut => (cut.Name, cut.Size))]))];
    }

    /// <summary>Where several containers have a file open, the smallest size: it is closest to the first checkpoint.</summary>
    private async Task<List<(CheckpointVolume Volume, string Name, long Size)>> CutsAsync(
        IReadOnlyList<CheckpointVolume> volumes, CancellationToken cancellationToken)
    {
        var cuts = new List<(CheckpointVolume Volume, string Name, long Size)>();
        foreach (var path in ArchivePaths)
        {
            var archive = await RestoreRequirementsReader.ReadAsync(path, cancellationToken).ConfigureAwait(false);
            archive = archive with { Archive = archive.Archive with { Volumes = volumes } };
            var files = await Task.Run(() => SavedFiles.Read(archive, cancellationToken), cancellationToken).ConfigureAwait(false);
            cuts.AddRange(volumes.SelectMany(volume => files.CutsOf(volume).Select(cut => (volume, cut.Name, cut.Size))));
        }

        return [.. cuts.GroupBy(cut => (cut.Volume, cut.Name)).Select(group => group.MinBy(cut => cut.Size))];
    }

    /// <summary>The archives that are restored, as far as they are here.</summary>
    private IEnumerable<string> ArchivePaths => request.Archives.Select(archive => archive.Path)
        .Concat(request.Images.Select(image => image.ArchivePath).OfType<string>().Where(File.Exists)).Distinct(StringComparer.Ordinal);

    private async Task<List<CheckpointVolume>> CandidatesAsync(CancellationToken cancellationToken)
    {
        var found = new List<CheckpointVolume>();
        foreach (var path in request.VolumePaths)
            found.AddRange(await SavedVolumes.FindAsync(path, cancellationToken).ConfigureAwait(false));
        if (request.VolumePaths.Count > 0)
            return found;
        found.AddRange(request.Archives.SelectMany(archive => archive.Volumes));
        foreach (var path in request.Images.Select(image => image.ArchivePath).OfType<string>())
            found.AddRange(await VolumeIndex.ReadAsync(path, cancellationToken).ConfigureAwait(false));
        return found;
    }

    /// <summary>The layer of an image is the archive, unless it was compressed.</summary>
    private async Task CheckOriginAsync(List<CheckpointVolume> found, CancellationToken cancellationToken)
    {
        var known = request.Images.Select(image => image.LayerDigest?.Split(':')[^1]).ToHashSet();
        foreach (var path in ArchivePaths.Where(path => !Directory.Exists(path)))
            known.Add(await SavedVolumes.HashAsync(path, cancellationToken).ConfigureAwait(false));
        if (found.Find(volume => !known.Contains(volume.ArchiveSha256)) is { } other)
            throw VolumeFailure.VolumesOfOtherArchive(other.Path, request.Archives is [var archive, ..] ? archive.Path : request.SourcePodName ?? pod.Name);
    }

    /// <summary>Of copies with several containers' archives, the first one after all checkpoints; without one, the last.</summary>
    private static CheckpointVolume Choose(IEnumerable<CheckpointVolume> copies)
    {
        var ordered = copies.OrderBy(copy => copy.CopiedAt).ToList();
        var last = ordered.Max(copy => copy.CopiedAt - (copy.Delay ?? TimeSpan.Zero));
        return ordered.Find(copy => copy.CopiedAt >= last) ?? ordered[^1];
    }

    private void CheckLimit(CheckpointVolume volume)
    {
        var emptyDir = pod.Volumes.FirstOrDefault(known => known.Text("name") == volume.Name)?.Object("emptyDir");
        if (volume.Kind == CheckpointVolumeKind.EmptyDir && emptyDir?.Text("sizeLimit") is { } limit && volume.ContentSize > Quantity.Parse(limit))
            throw VolumeFailure.VolumeTooLarge($"{pod.Namespace}/{pod.Name}", volume.Name, volume.ContentSize, limit);
    }
}

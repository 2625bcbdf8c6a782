using System.Security.Cryptography;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Archives.Volumes;
using KubeCheckpoint.Images.Layers;

namespace KubeCheckpoint.Cluster.Volumes;

/// <summary>Finds volumes beside archives, and checks that they are complete and belong to them.</summary>
internal static class SavedVolumes
{
    /// <summary>The volumes at a path: an archive's, or those of all archives in a folder.</summary>
    /// <param name="path">The archive or the folder.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="KubeCheckpointException">VolumesNotFound, VolumeIndexInvalid.</exception>
    public static async Task<IReadOnlyList<CheckpointVolume>> FindAsync(string path, CancellationToken cancellationToken)
    {
        string[] archives = File.Exists(VolumeIndex.PathFor(path)) || !Directory.Exists(path)
            ? [path]
            : [.. Directory.EnumerateFiles(path, $"*{VolumeIndex.Suffix}").Select(index => index[..^VolumeIndex.Suffix.Length]).Order(StringComparer.Ordinal)];
        var found = new List<CheckpointVolume>();
        foreach (var archive in archives)
            found.AddRange(await VolumeIndex.ReadAsync(archive, cancellationToken).ConfigureAwait(false));
        return found.Count > 0 ? found : throw VolumeFailure.VolumesNotFound(path);
    }

    /// <summary>The sha256 of an archive's file.</summary>
    public static async Task<string> HashAsync(string archivePath, CancellationToken cancellationToken) =>
        ArchiveDigests.Find(archivePath, ArchiveStamp.Of(archivePath)) is { } known
            ? known.Digest.Hex
            : await HashFileAsync(archivePath, cancellationToken).ConfigureAwait(false);

    /// <summary>Checks that a volume's tar is the one that was saved.</summary>
    /// <exception cref="KubeCheckpointException">VolumeFileMissing, VolumeVerificationFailed.</exception>
    public static async Task VerifyAsync(CheckpointVolume volume, CancellationToken cancellationToken)
    {
        string hash;
        try
        {
            hash = await HashFileAsync(volume.Path, cancellationToken).ConfigureAwait(false);
        }
        catch (KubeCheckpointException failure)
        {
            throw VolumeFailure.VolumeFileMissing(volume.Path, failure);
        }

        if (hash != volume.Sha256)
            throw VolumeFailure.VolumeVerificationFailed(volume.Path, volume.Sha256, hash);
    }

    private static async Task<string> HashFileAsync(string path, CancellationToken cancellationToken)
    {
        using var source = FileByteSource.Open(path);
        using var stream = new ByteSourceStream(source, 0, source.Length);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken).ConfigureAwait(false));
    }
}

using System.Text;
using KubeCheckpoint.Archives.IO;

namespace KubeCheckpoint.Archives.Summaries;

/// <summary>The file beside an archive with the pod's manifest at the time of the checkpoint, as JSON.</summary>
internal static class PodManifestFile
{
    /// <summary>The suffix after the archive's path: <c>.pod.json</c>.</summary>
    public const string Suffix = ".pod.json";

    /// <summary>The path of an archive's manifest.</summary>
    /// <param name="archivePath">The archive.</param>
    public static string PathFor(string archivePath) => archivePath + Suffix;

    /// <summary>The manifest, or null where there is no such file.</summary>
    /// <param name="archivePath">The archive.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="KubeCheckpointException">PodManifestNotReadable: access denied, or larger than
    /// <see cref="ArchiveLimits.JsonMemberSize"/>.</exception>
    public static async Task<PodManifest?> ReadAsync(string archivePath, CancellationToken cancellationToken)
    {
        var path = PathFor(archivePath);
        try
        {
            using var file = RegularFile.OpenStream(path);
            if (file.Length > ArchiveLimits.JsonMemberSize)
                throw ArchiveFailure.PodManifestNotReadable(path, $"it is larger than {ArchiveLimits.JsonMemberSize} bytes.");
            using var reader = new StreamReader(file, Encoding.UTF8);
            return new(await reader.ReadToEndAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw ArchiveFailure.PodManifestNotReadable(path, exception.Message, exception);
        }
    }
}

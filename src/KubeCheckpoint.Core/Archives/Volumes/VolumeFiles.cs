using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace KubeCheckpoint.Archives.Volumes;

/// <summary>
/// The names of the files beside an archive that keep the content of volumes. No name ends like an archive, so that *.tar does not match them.
/// </summary>
internal static partial class VolumeFiles
{
    /// <summary>The name of /dev/shm among the volumes.</summary>
    public const string SharedMemory = "dev-shm";

    private const string SharedMemorySuffix = ".dev-shm";
    private const string VolumeSuffix = ".volume-";

    /// <summary>255 bytes are allowed; the rest is for <c>.partial</c>.</summary>
    private const int LongestName = 247;

    /// <summary>The path of a volume's tar.</summary>
    /// <param name="archivePath">The archive.</param>
    /// <param name="kind">The kind of the volume.</param>
    /// <param name="name">The name of the volume.</param>
    public static string PathFor(string archivePath, CheckpointVolumeKind kind, string name)
    {
        if (kind == CheckpointVolumeKind.SharedMemory)
            return archivePath + SharedMemorySuffix;
        var path = archivePath + VolumeSuffix + name;
        return Encoding.UTF8.GetByteCount(Path.GetFileName(path)) <= LongestName
            ? path
            : archivePath + VolumeSuffix + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..8];
    }

    /// <summary>Whether a text can be the name of a volume: a DNS label.</summary>
    public static bool IsName(string name) => Label().IsMatch(name);

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\z")]
    private static partial Regex Label();
}

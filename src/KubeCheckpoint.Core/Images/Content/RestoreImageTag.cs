using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images.Content;

/// <summary>The tag an image gets that was not given one.</summary>
internal static partial class RestoreImageTag
{
    // 128 is what a tag may have; the rest is left for the name of a runtime.
    private const int Longest = 116;
    private const int HashLength = 8;

    /// <summary>The tag of an image for a runtime: where that is not the one that wrote the archive it is named at the end, as that image is another.</summary>
    public static string Of(CheckpointArchive archive, CheckpointEngine targetRuntime)
    {
        var tag = Of(archive.PodName, archive.ContainerName, archive.CheckpointedAt);
        return targetRuntime == archive.Engine ? tag : $"{tag}-{targetRuntime.ToString().ToLowerInvariant()}";
    }

    /// <summary><c>pod-container-20261123t065040z</c>, legal as a tag; a name that is too long is cut and gets a hash of the whole.</summary>
    public static string Of(string? podName, string containerName, DateTimeOffset? checkpointedAt)
    {
        var name = podName is null ? containerName : $"{podName}-{containerName}";
        var time = checkpointedAt?.ToUniversalTime().ToString("'-'yyyyMMdd't'HHmmss'z'", CultureInfo.InvariantCulture) ?? "";
        var legal = Illegal().Replace(name, "-").TrimStart('.', '-');
        var room = Longest - time.Length;
        if (legal.Length == 0 || legal.Length > room)
        {
            var hash = Digest.Of(Encoding.UTF8.GetBytes(name)).Hex[..HashLength];
            legal = legal.Length == 0 ? hash : $"{legal[..(room - HashLength - 1)]}-{hash}";
        }
        return legal + time;
    }

    [GeneratedRegex("[^A-Za-z0-9_.-]")]
    private static partial Regex Illegal();
}

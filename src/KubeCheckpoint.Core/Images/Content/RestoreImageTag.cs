using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images.Content;

/// <summary>The default tag of an image.</summary>
internal static partial class RestoreImageTag
{
    // A tag may have 128 characters; the rest is left for the name of a runtime.
    private const int Longest = 116;
    private const int HashLength = 8;

    /// <summary>The tag of an image for a runtime. Another runtime than the one that wrote the archive is named at the end, since its image differs.</summary>
    public static string Of(CheckpointArchive archive, CheckpointEngine targetRuntime)
    {
        var tag = Of(archive.PodName, archive.RequireContainerName(), archive.CheckpointedAt);
        return targetRuntime == archive.Engine ? tag : $"{tag}-{targetRuntime.ToString().ToLowerInvariant()}";
    }

    /// <summary><c>pod-container-20261123t065040z</c>, valid as a tag; a name that is too long is shortened and gets a hash of the full name.</summary>
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

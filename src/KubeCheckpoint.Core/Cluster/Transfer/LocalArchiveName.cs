using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using KubeCheckpoint.Archives.Expansion;

namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>Converts the name of an archive on its node to a file name that is legal on every system.</summary>
internal static class LocalArchiveName
{
    /// <summary>255 bytes are allowed; the rest is for suffixes (<c>.pod.json.partial</c>).</summary>
    private const int Longest = 230;

    public static string From(string nodeName)
    {
        var name = string.Concat(nodeName.Select(letter => WindowsFileName.IsIllegal(letter) ? '-' : letter)).TrimEnd('.', ' ');
        if (name.Length == 0)
            name = "checkpoint.tar";
        if (WindowsFileName.IsDevice(name))
            name = $"_{name}";
        return Encoding.UTF8.GetByteCount(name) <= Longest ? name : Shorten(name, nodeName);
    }

    private static string Shorten(string name, string nodeName)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(nodeName)))[..8];
        var extension = Path.GetExtension(name) is { Length: > 0 and <= 8 } found ? found : "";
        var end = string.Create(CultureInfo.InvariantCulture, $"~{hash}{extension}");
        var start = new StringBuilder();
        foreach (var rune in name.EnumerateRunes())
        {
            if (Encoding.UTF8.GetByteCount(start.ToString()) + rune.Utf8SequenceLength + end.Length > Longest)
                break;
            start.Append(rune);
        }

        return start + end;
    }
}

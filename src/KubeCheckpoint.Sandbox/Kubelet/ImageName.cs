using System.Text.RegularExpressions;

namespace KubeCheckpoint.Sandbox.Kubelet;

/// <summary>An image as a pod names it.</summary>
/// <param name="Host">Host and port of the registry.</param>
/// <param name="Repository">The repository.</param>
/// <param name="Reference">The digest if there is one, otherwise the tag.</param>
internal sealed partial record ImageName(string Host, string Repository, string Reference)
{
    public bool OnLoopback => HostName is "127.0.0.1" or "localhost";

    private string HostName => Host.Split(':')[0];

    /// <summary>The parts of a name; null for anything else, such as a path.</summary>
    public static ImageName? Parse(string text)
    {
        if (Pattern().Match(text) is not { Success: true } match)
            return null;
        var host = match.Groups["host"].Value;
        var tag = match.Groups["tag"].Success ? match.Groups["tag"].Value : "latest";
        return new ImageName(
            host.Length == 0 ? "docker.io" : host,
            match.Groups["repository"].Value,
            match.Groups["digest"].Success ? match.Groups["digest"].Value : tag);
    }

    [GeneratedRegex(
        @"^((?<host>localhost(:\d+)?|[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:\d+)?|[A-Za-z0-9-]+:\d+)/)?" +
        @"(?<repository>[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*)" +
        @"(:(?<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?(@(?<digest>sha256:[0-9a-f]{64}))?$")]
    private static partial Regex Pattern();
}

using System.Text.RegularExpressions;

namespace KubeCheckpoint.Cluster.Pods;

/// <summary>The id that a runtime gave a container, as the kubelet reports it: <c>containerd://</c> and 64 hexadecimal digits.</summary>
internal static partial class RuntimeContainerId
{
    /// <summary>The digits, which are safe in a shell; null where there is no such id.</summary>
    public static string? DigitsOf(Container? container) =>
        container?.ContainerId is { } id && Id().Match(id) is { Success: true } match ? match.Groups["id"].Value : null;

    [GeneratedRegex(@"\A[a-z0-9.-]{1,32}://(?<id>[0-9a-f]{64})\z", RegexOptions.NonBacktracking)]
    private static partial Regex Id();
}

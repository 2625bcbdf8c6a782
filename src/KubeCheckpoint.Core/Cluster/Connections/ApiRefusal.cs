using System.Net;
using System.Text.RegularExpressions;

namespace KubeCheckpoint.Cluster.Connections;

/// <summary>What the API server's own refusals mean where the request has no meaning of its own for them.</summary>
internal static partial class ApiRefusal
{
    public static KubeCheckpointException ToFailure(ServerAnswer answer, Uri server) => answer.Status switch
    {
        HttpStatusCode.Unauthorized => ConnectionFailure.Unauthorized(server, answer.ToException()),
        HttpStatusCode.Forbidden => Forbidden(answer),
        HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable =>
            ConnectionFailure.ClusterBusy(server, answer.Words, answer.ToException()),
        _ => ConnectionFailure.UnexpectedAnswer(server, answer.Words, answer.ToException()),
    };

    public static KubeCheckpointException Forbidden(ServerAnswer answer)
    {
        var match = Words().Match(answer.Words);
        return match.Success
            ? ConnectionFailure.Forbidden(
                match.Groups["user"].Value,
                match.Groups["verb"].Value,
                match.Groups["resource"].Value,
                match.Groups["namespace"] is { Success: true } ns ? ns.Value : null,
                answer.ToException())
            : ConnectionFailure.RequestRefused(answer.Words, answer.ToException());
    }

    [GeneratedRegex(
        """User "(?<user>[^"]*)" cannot (?<verb>\S+) resource "(?<resource>[^"]+)" in API group "[^"]*" (?:at the cluster scope|in the namespace "(?<namespace>[^"]+)")""")]
    private static partial Regex Words();
}

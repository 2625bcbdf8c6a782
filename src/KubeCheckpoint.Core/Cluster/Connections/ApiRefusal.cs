using System.Net;
using System.Text.RegularExpressions;

namespace KubeCheckpoint.Cluster.Connections;

/// <summary>Maps refusals of the API server that mean the same for every request to failures.</summary>
internal static partial class ApiRefusal
{
    public static KubeCheckpointException ToFailure(ServerResponse response, Uri server) => response.Status switch
    {
        HttpStatusCode.Unauthorized => ConnectionFailure.Unauthorized(server, response.ToException()),
        HttpStatusCode.Forbidden => Forbidden(response),
        HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable =>
            ConnectionFailure.ClusterBusy(server, response.Explanation, response.ToException()),
        _ => ConnectionFailure.UnexpectedAnswer(server, response.Explanation, response.ToException()),
    };

    public static KubeCheckpointException Forbidden(ServerResponse response)
    {
        var match = ForbiddenMessage().Match(response.Message);
        return match.Success
            ? ConnectionFailure.Forbidden(
                match.Groups["user"].Value,
                match.Groups["verb"].Value,
                match.Groups["resource"].Value,
                match.Groups["namespace"] is { Success: true } ns ? ns.Value : null,
                response.ToException())
            : ConnectionFailure.RequestRefused(response.Explanation, response.ToException());
    }

    [GeneratedRegex(
        """User "(?<user>[^"]*)" cannot (?<verb>\S+) resource "(?<resource>[^"]+)" in API group "[^"]*" """
        + """(?:at the cluster scope|in the namespace "(?<namespace>[^"]+)")""")]
    private static partial Regex ForbiddenMessage();
}

using System.Net;
using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Connections;

namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>The namespace of the helper pods, with a label that allows its pods to mount folders of their node.</summary>
internal static class HelperNamespace
{
    public static JsonObject Manifest(string name) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Namespace",
        ["metadata"] = new JsonObject
        {
            ["name"] = name,
            ["labels"] = new JsonObject
            {
                [WellKnownNames.AppLabel] = WellKnownNames.Module,
                ["pod-security.kubernetes.io/enforce"] = "privileged",
            },
        },
    };

    public static async Task CreateAsync(ApiServer server, string name, CancellationToken cancellationToken)
    {
        if (name != ArchiveTransferOptions.DefaultNamespace)
            throw HelperFailure.HelperNamespaceMissing(name);
        var response = await server.SendAsync(HttpMethod.Post, "api/v1/namespaces", cancellationToken, Manifest(name).ToJsonString())
            .ConfigureAwait(false);
        if (response.IsSuccess || response.Status == HttpStatusCode.Conflict)
            return;
        throw response.Status == HttpStatusCode.Forbidden
            ? HelperFailure.HelperNamespaceMissing(name, response.ToException())
            : ApiRefusal.ToFailure(response, server.Connection.BaseUri);
    }
}

using System.Net;
using System.Text.Json.Nodes;
using k8s.Models;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Objects;

namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>The namespace of the helper pods, with a label that allows its pods to mount folders of their node.</summary>
internal static class HelperNamespace
{
    public static JsonObject Manifest(string name) => OwnObject.ToJson(new V1Namespace
    {
        Metadata = new()
        {
            Name = name,
            Labels = new Dictionary<string, string>
            {
                [WellKnownNames.AppLabel] = WellKnownNames.Module,
                ["pod-security.kubernetes.io/enforce"] = "privileged",
            },
        },
    });

    public static async Task CreateAsync(ApiServer server, string name, CancellationToken cancellationToken)
    {
        if (name != ArchiveTransferOptions.DefaultNamespace)
            throw HelperFailure.HelperNamespaceMissing(name);
        var response = await server.CreateAsync("api/v1/namespaces", name, Manifest(name).ToJsonString(), cancellationToken)
            .ConfigureAwait(false);
        if (response.IsSuccess || response.Status == HttpStatusCode.Conflict)
            return;
        throw response.Status == HttpStatusCode.Forbidden
            ? HelperFailure.HelperNamespaceMissing(name, response.ToException())
            : ApiRefusal.ToFailure(response, server.Connection.BaseUri);
    }
}

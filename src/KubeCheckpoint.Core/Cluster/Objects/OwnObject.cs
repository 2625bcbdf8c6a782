using System.Text.Json.Nodes;
using k8s;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Objects;

/// <summary>
/// Turns objects that the module designs itself into JSON. They are built with the typed models of the client library; manifests of users' pods
/// never are, because a model drops fields that it does not know.
/// </summary>
internal static class OwnObject
{
    /// <summary>The object as the API server expects it, with <c>apiVersion</c> and <c>kind</c> of its type.</summary>
    public static JsonObject ToJson<T>(T model)
        where T : IKubernetesObject, new() =>
        StrictJson.ParseNode(KubernetesJson.Serialize(model.Initialize()))!.AsObject();
}

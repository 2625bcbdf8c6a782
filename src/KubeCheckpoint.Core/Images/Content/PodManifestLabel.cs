using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Images.Content;

/// <summary>The pod manifest in the image: what a restore needs of it.</summary>
internal static class PodManifestLabel
{
    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Trim(PodManifest manifest, string source)
    {
        JsonObject pod;
        try
        {
            pod = StrictJson.ParseNode(manifest.Json) as JsonObject
                ?? throw PodManifestFailure.PodManifestInvalid("it is not a JSON object", source);
            pod.Remove("status");
            (pod["metadata"] as JsonObject)?.Remove("managedFields");
            if (pod["kind"] is { } kind && kind.ToString() != "Pod")
                throw PodManifestFailure.PodManifestInvalid("its kind is not Pod", source);
            // The items of a list have neither.
            pod["apiVersion"] ??= "v1";
            pod["kind"] ??= "Pod";
            return pod.ToJsonString(Compact);
        }
        catch (JsonException exception)
        {
            throw PodManifestFailure.PodManifestInvalid(exception.Message, source, exception);
        }
    }
}

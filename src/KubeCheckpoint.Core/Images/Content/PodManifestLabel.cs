using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images.Content;

/// <summary>The pod's manifest as it goes into the image: what a restore reads, without what only takes room.</summary>
internal static class PodManifestLabel
{
    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Trim(PodManifest manifest, string source)
    {
        JsonObject pod;
        try
        {
            pod = JsonNode.Parse(manifest.Json) as JsonObject
                ?? throw ImageFailure.PodManifestInvalid(source, "it is no JSON object");
            pod.Remove("status");
            (pod["metadata"] as JsonObject)?.Remove("managedFields");
            if ((string?)(pod["kind"] ?? "Pod") != "Pod")
                throw ImageFailure.PodManifestInvalid(source, "its kind is not Pod");
            // Items of a list carry neither.
            pod["apiVersion"] ??= "v1";
            pod["kind"] ??= "Pod";
            return pod.ToJsonString(Compact);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or ArgumentException)
        {
            throw ImageFailure.PodManifestInvalid(source, exception.Message, exception);
        }
    }
}

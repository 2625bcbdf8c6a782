using System.Text.Json;
using System.Text.Json.Nodes;

namespace KubeCheckpoint.Cluster.Restore.Patches;

/// <summary>
/// A change to a manifest that the user writes: an object is merged as <c>kubectl patch</c> merges by default (strategic merge), an array is
/// a list of operations as in RFC 6902.
/// </summary>
public static class ManifestPatch
{
    /// <summary>Changes a manifest.</summary>
    /// <param name="manifest">The pod as JSON.</param>
    /// <param name="patch">The change as JSON.</param>
    /// <returns>The changed pod as JSON.</returns>
    /// <exception cref="KubeCheckpointException">PatchInvalid; PatchNotApplicable where an operation finds no place for it.</exception>
    public static string Apply(string manifest, string patch)
    {
        var pod = JsonNode.Parse(manifest)!;
        switch (Parse(patch))
        {
            case JsonObject changes:
                StrategicMerge.Into(pod.AsObject(), changes);
                return pod.ToJsonString();
            case JsonArray operations:
                return JsonPatch.Apply(pod, operations).ToJsonString();
            default:
                throw PatchFailure.PatchInvalid("it is neither an object nor an array");
        }
    }

    private static JsonNode? Parse(string patch)
    {
        try
        {
            return JsonNode.Parse(patch);
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            throw PatchFailure.PatchInvalid(exception.Message, exception);
        }
    }
}

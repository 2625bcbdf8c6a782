using System.Text.Json;
using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Restore.Patches;

/// <summary>
/// A change to a manifest that the user writes: an object is merged as <c>kubectl patch</c> merges by default (strategic merge), an array is
/// a list of operations as in RFC 6902.
/// </summary>
internal static class ManifestPatch
{
    /// <summary>Changes a copy of a pod.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="patch">The change as JSON.</param>
    /// <exception cref="KubeCheckpointException">
    /// PatchInvalid; PatchNotApplicable where an operation has no target; PodManifestInvalid where the result is no pod.
    /// </exception>
    public static PodDocument Apply(PodDocument pod, string patch)
    {
        var json = pod.Json.DeepClone();
        switch (Parse(patch))
        {
            case JsonObject changes:
                StrategicMerge.Into(json.AsObject(), changes);
                break;
            case JsonArray operations:
                json = JsonPatch.Apply(json, operations);
                break;
            default:
                throw PatchFailure.PatchInvalid("it is neither an object nor an array");
        }

        return PodDocument.Of(json);
    }

    private static JsonNode? Parse(string patch)
    {
        try
        {
            return StrictJson.ParseNode(patch);
        }
        catch (JsonException exception)
        {
            throw PatchFailure.PatchInvalid(exception.Message, exception);
        }
    }
}

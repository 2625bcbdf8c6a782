using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.Kubelet;

/// <summary>Whether a pod's node selector and required node affinity allow a node.</summary>
internal static class NodeFit
{
    public static bool Fits(JsonObject pod, JsonObject node)
    {
        var labels = node.At("metadata", "labels");
        var selected = (pod.At("spec", "nodeSelector") as JsonObject ?? []).All(pair => labels.Text(pair.Key) == pair.Value.Text());
        var required = pod.At("spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution");
        return selected && (required is null || required.Items("nodeSelectorTerms").Any(term => Matches(term, node)));
    }

    // A term without any expression matches no node.
    private static bool Matches(JsonObject term, JsonObject node)
    {
        List<JsonObject> expressions = [.. term.Items("matchExpressions")];
        List<JsonObject> fields = [.. term.Items("matchFields")];
        return expressions.Count + fields.Count > 0
            && expressions.TrueForAll(expression => Holds(expression, node.At("metadata", "labels").At(expression.Text("key"))))
            && fields.TrueForAll(field => Holds(field, node.At(field.Text("key").Split('.'))));
    }

    private static bool Holds(JsonObject expression, JsonNode? value)
    {
        var listed = value is not null && (expression["values"] as JsonArray ?? []).Any(candidate => candidate.Text() == value.Text());
        return expression.Text("operator") switch
        {
            "In" => listed,
            "NotIn" => !listed,
            "Exists" => value is not null,
            "DoesNotExist" => value is null,
            _ => false,
        };
    }
}

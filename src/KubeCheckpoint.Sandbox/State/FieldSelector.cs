using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.State;

/// <summary>A field selector: <c>spec.nodeName=node1,status.phase!=Running</c>.</summary>
internal sealed class FieldSelector
{
    private static readonly string[] Common = ["metadata.name", "metadata.namespace"];
    private static readonly Dictionary<string, string[]> Supported = new()
    {
        ["pods"] = ["spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "status.phase", "status.podIP"],
        ["events"] =
        [
            "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid", "involvedObject.apiVersion",
            "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type",
        ],
        ["namespaces"] = ["status.phase"],
        ["nodes"] = ["spec.unschedulable"],
    };

    private readonly List<(string[] Path, string Value, bool Equal)> _terms = [];

    public static bool TryParse(string text, string resource, out FieldSelector selector, out string unknownField)
    {
        selector = new FieldSelector();
        unknownField = "";
        foreach (var term in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var unequal = term.Contains("!=", StringComparison.Ordinal);
            var sides = term.Split(unequal ? "!=" : term.Contains("==", StringComparison.Ordinal) ? "==" : "=", 2);
            if (!Common.Contains(sides[0]) && !Supported.GetValueOrDefault(resource, []).Contains(sides[0]))
            {
                unknownField = sides[0];
                return false;
            }
            selector._terms.Add((sides[0].Split('.'), sides.Length > 1 ? sides[1] : "", !unequal));
        }
        return true;
    }

    public bool Matches(JsonObject json) => _terms.All(term => (json.Text(term.Path) == term.Value) == term.Equal);
}

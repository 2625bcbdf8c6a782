using System.Text.Json.Nodes;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Objects;

/// <summary>The label selector of a controller: labels and expressions.</summary>
internal sealed class ObjectSelector
{
    private readonly JsonObject _labels;
    private readonly List<JsonObject> _expressions;

    private ObjectSelector(JsonObject labels, List<JsonObject> expressions)
    {
        _labels = labels;
        _expressions = expressions;
    }

    /// <summary>The keys of the labels that it selects by.</summary>
    public IEnumerable<string> Keys => _labels
        .Select(pair => pair.Key)
        .Concat(_expressions.Select(expression => expression.Text("key")).OfType<string>())
        .Distinct();

    /// <summary>The selector of a controller. That of a ReplicationController has labels only.</summary>
    public static ObjectSelector Of(JsonObject owner)
    {
        var selector = owner["spec"]?["selector"] as JsonObject ?? [];
        return (string?)owner["kind"] == "ReplicationController"
            ? new(selector, [])
            : new(selector["matchLabels"] as JsonObject ?? [], [.. selector.Objects("matchExpressions")]);
    }

    public bool IsMatch(IReadOnlyDictionary<string, string> labels) =>
        _labels.Count + _expressions.Count > 0
        && _labels.All(pair => labels.TryGetValue(pair.Key, out var value) && value == (string?)pair.Value)
        && _expressions.TrueForAll(expression => Holds(expression, labels));

    /// <summary>Whether labels match an expression.</summary>
    public static bool Holds(JsonObject expression, IReadOnlyDictionary<string, string> labels)
    {
        var value = labels.GetValueOrDefault(expression.Text("key") ?? "");
        var isListed = value is not null && expression.Texts("values").Contains(value);
        return expression.Text("operator") switch
        {
            "In" => isListed,
            "NotIn" => !isListed,
            "Exists" => value is not null,
            "DoesNotExist" => value is null,
            _ => false,
        };
    }
}

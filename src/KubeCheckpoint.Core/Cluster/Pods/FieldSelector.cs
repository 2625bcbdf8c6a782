using System.Text.Json;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Pods;

/// <summary>A field selector over the fields that the API server supports for pods, evaluated here because a kubelet does not select.</summary>
internal sealed class FieldSelector
{
    /// <summary>https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/#list-of-supported-fields</summary>
    private static readonly string[] SupportedFields =
    [
        "metadata.name", "metadata.namespace", "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName",
        "spec.hostNetwork", "status.phase", "status.podIP", "status.nominatedNodeName",
    ];

    private readonly List<(string[] Path, string Value, bool Equal)> _terms;

    private FieldSelector(List<(string[] Path, string Value, bool Equal)> terms) => _terms = terms;

    public bool IsMatch(JsonElement pod) => _terms.TrueForAll(term => (ValueAt(pod, term.Path) == term.Value) == term.Equal);

    public static FieldSelector Parse(string? text)
    {
        var terms = new List<(string[] Path, string Value, bool Equal)>();
        foreach (var term in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var at = term.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0)
                throw PodFailure.InvalidSelector(text!, $"'{term}' has no '='");
            var equal = term[at - 1] != '!';
            var field = term[..(equal ? at : at - 1)].TrimEnd();
            if (!SupportedFields.Contains(field))
                throw PodFailure.InvalidSelector(text!, $"pods cannot be selected by '{field}'");
            terms.Add((field.Split('.'), term[(at + 1)..].TrimStart('=').Trim(), equal));
        }

        return new(terms);
    }

    /// <summary>Joins selectors so that all must match; empty ones are omitted.</summary>
    public static string? Join(params IEnumerable<string?> selectors)
    {
        var joined = string.Join(',', selectors.Where(selector => !string.IsNullOrWhiteSpace(selector)));
        return joined.Length == 0 ? null : joined;
    }

    private static string ValueAt(JsonElement pod, string[] path)
    {
        var value = pod.At(path);
        return value.ValueKind switch
        {
            JsonValueKind.String => value.GetString()!,
            JsonValueKind.True => "true",
            JsonValueKind.Undefined when path[^1] == "hostNetwork" => "false",
            JsonValueKind.False => "false",
            _ => "",
        };
    }
}

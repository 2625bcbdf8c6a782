using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.State;

/// <summary>A label selector: <c>app=web,tier in (front,back),!canary</c>.</summary>
internal sealed partial class LabelSelector
{
    private readonly List<Func<JsonNode?, bool>> _terms = [];

    public static bool TryParse(string text, out LabelSelector selector, out string wrongTerm)
    {
        selector = new LabelSelector();
        wrongTerm = "";
        foreach (var term in TermSeparator().Split(text).Select(part => part.Trim()).Where(part => part.Length > 0))
        {
            if (Parse(term) is not { } parsed)
            {
                wrongTerm = term;
                return false;
            }
            selector._terms.Add(parsed);
        }
        return true;
    }

    public bool Matches(JsonObject json) => _terms.All(term => term(json.At("metadata", "labels")));

    // A comma that is not within parentheses.
    [GeneratedRegex(@",(?![^()]*\))")]
    private static partial Regex TermSeparator();

    [GeneratedRegex(@"^(?<key>[A-Za-z0-9_./-]+)\s*(?<not>not)?\s*in\s*\((?<values>[^()]*)\)$")]
    private static partial Regex SetTerm();

    [GeneratedRegex(@"^(?<key>[A-Za-z0-9_./-]+)\s*(?<operator>==|=|!=)\s*(?<value>[A-Za-z0-9_.-]*)$")]
    private static partial Regex EqualityTerm();

    [GeneratedRegex(@"^(?<not>!)?\s*(?<key>[A-Za-z0-9_./-]+)$")]
    private static partial Regex ExistenceTerm();

    private static Func<JsonNode?, bool>? Parse(string term)
    {
        if (EqualityTerm().Match(term) is { Success: true } equality)
        {
            var equal = equality.Groups["operator"].Value != "!=";
            return labels => (Value(labels, equality) == equality.Groups["value"].Value) == equal;
        }
        if (SetTerm().Match(term) is { Success: true } set)
        {
            var values = set.Groups["values"].Value.Split(',', StringSplitOptions.TrimEntries);
            return labels => (Value(labels, set) is { } value && values.Contains(value)) != set.Groups["not"].Success;
        }
        return ExistenceTerm().Match(term) is { Success: true } existence
            ? labels => (Value(labels, existence) is not null) != existence.Groups["not"].Success
            : null;
    }

    private static string? Value(JsonNode? labels, Match match) => labels.At(match.Groups["key"].Value)?.GetValue<string>();
}

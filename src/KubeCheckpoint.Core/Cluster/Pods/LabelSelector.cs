using System.Text.RegularExpressions;

namespace KubeCheckpoint.Cluster.Pods;

/// <summary>
/// A label selector, evaluated here because a kubelet lists all its pods.
/// Grammar: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
/// </summary>
internal sealed partial class LabelSelector
{
    private readonly List<Func<IReadOnlyDictionary<string, string>, bool>> _requirements;

    private LabelSelector(List<Func<IReadOnlyDictionary<string, string>, bool>> requirements) => _requirements = requirements;

    public bool IsMatch(IReadOnlyDictionary<string, string> labels) => _requirements.TrueForAll(requirement => requirement(labels));

    public static LabelSelector Parse(string? text)
    {
        var requirements = new List<Func<IReadOnlyDictionary<string, string>, bool>>();
        var rest = (text ?? "").Trim();
        while (rest.Length > 0)
        {
            var match = Requirement().Match(rest);
            if (!match.Success)
                throw PodFailure.InvalidSelector(text!, $"cannot read '{rest}'");
            requirements.Add(Requirement(match));
            rest = rest[match.Length..].TrimStart();
            if (rest.Length == 0)
                break;
            if (rest[0] != ',' || rest.Length == 1)
                throw PodFailure.InvalidSelector(text!, $"expected ',' at '{rest}'");
            rest = rest[1..].TrimStart();
        }

        return new(requirements);
    }

    private static Func<IReadOnlyDictionary<string, string>, bool> Requirement(Match match)
    {
        var key = match.Groups["key"].Value;
        if (match.Groups["absent"].Success)
            return labels => !labels.ContainsKey(key);
        if (match.Groups["set"].Success)
        {
            var values = match.Groups["values"].Value.Split(',', StringSplitOptions.TrimEntries).ToHashSet(StringComparer.Ordinal);
            return match.Groups["set"].Value == "in"
                ? labels => labels.TryGetValue(key, out var value) && values.Contains(value)
                : labels => !labels.TryGetValue(key, out var value) || !values.Contains(value);
        }

        var wanted = match.Groups["value"].Value;
        return match.Groups["operator"].Value switch
        {
            "=" or "==" => labels => labels.TryGetValue(key, out var value) && value == wanted,
            "!=" => labels => !labels.TryGetValue(key, out var value) || value != wanted,
            _ => labels => labels.ContainsKey(key),
        };
    }

    [GeneratedRegex(
        """
        ^(?:
          (?<absent>!)\s*(?<key>[A-Za-z0-9](?:[-A-Za-z0-9_./]*[A-Za-z0-9])?)
        | (?<key>[A-Za-z0-9](?:[-A-Za-z0-9_./]*[A-Za-z0-9])?)
          (?: \s+(?<set>in|notin)\s*\((?<values>[^()]*)\)
            | \s*(?<operator>==|!=|=)\s*(?<value>[-A-Za-z0-9_.]*)
          )?
        )\s*(?=,|\z)
        """,
        RegexOptions.IgnorePatternWhitespace | RegexOptions.CultureInvariant)]
    private static partial Regex Requirement();
}

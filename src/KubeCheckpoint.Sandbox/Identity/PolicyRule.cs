using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.Identity;

/// <summary>A rule of a Role or ClusterRole object.</summary>
internal sealed record PolicyRule(
    IReadOnlyList<string> Groups, IReadOnlyList<string> Resources, IReadOnlyList<string> Verbs, IReadOnlyList<string> Names)
{
    private const string Any = "*";

    public static IEnumerable<PolicyRule> Of(JsonObject? role) => role.Items("rules").Select(rule => new PolicyRule(
        Texts(rule, "apiGroups"), Texts(rule, "resources"), Texts(rule, "verbs"), Texts(rule, "resourceNames")));

    public bool Allows(AccessRequest request) =>
        Holds(Groups, request.Group)
        && Holds(Resources, request.Resource)
        && Holds(Verbs, request.Verb)
        && (Names.Count == 0 || Names.Contains(request.Name));

    /// <summary>The permissions that the rule grants, one by one.</summary>
    public IEnumerable<AccessRequest> Rights(string ns) =>
        from verb in Verbs
        from gr in Groups
        from resource in Resources
        from name in Names.DefaultIfEmpty("")
        select new AccessRequest(verb, gr, resource, ns, name);

    private static bool Holds(IReadOnlyList<string> words, string word) => words.Contains(Any) || words.Contains(word);

    private static string[] Texts(JsonObject rule, string name) => [.. (rule[name] as JsonArray ?? []).Select(item => item.Text())];
}

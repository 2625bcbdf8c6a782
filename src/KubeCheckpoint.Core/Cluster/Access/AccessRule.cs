using System.Text.Json.Nodes;

namespace KubeCheckpoint.Cluster.Access;

/// <summary>Verbs on resources of an API group.</summary>
internal sealed record AccessRule(string[] Verbs, string[] Resources, string Group = "")
{
    public JsonObject ToJson() => new()
    {
        ["apiGroups"] = new JsonArray(Group),
        ["resources"] = new JsonArray([.. Resources.Select(resource => JsonValue.Create(resource))]),
        ["verbs"] = new JsonArray([.. Verbs.Select(verb => JsonValue.Create(verb))]),
    };

    public override string ToString() => $"{string.Join(',', Verbs)} {string.Join(',', Resources)}";
}

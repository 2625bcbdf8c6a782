using k8s.Models;

namespace KubeCheckpoint.Cluster.Access;

/// <summary>Verbs on resources of an API group.</summary>
internal sealed record AccessRule(string[] Verbs, string[] Resources, string Group = "")
{
    public V1PolicyRule ToModel() => new() { ApiGroups = [Group], Resources = Resources, Verbs = Verbs };

    public override string ToString() => $"{string.Join(',', Verbs)} {string.Join(',', Resources)}";
}

using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Cluster.Access;

/// <summary>
/// Builds the roles and bindings of a grant. A role has the same rules for every subject, and a binding has a single subject, so that a grant
/// to one subject takes nothing from another.
/// </summary>
public static class AccessManifests
{
    /// <summary>The user name of a kubeadm cluster's API server at its kubelets.</summary>
    public const string DefaultApiServerUser = WellKnownNames.ApiServerKubeletClient;

    /// <summary>Builds the objects, each after those it refers to.</summary>
    /// <param name="grant">The grant.</param>
    /// <exception cref="KubeCheckpointException">InvalidName: a namespace is not a valid name.</exception>
    public static IReadOnlyList<AccessManifest> Build(AccessGrant grant)
    {
        foreach (var ns in grant.Namespaces.Append(grant.HelperNamespace))
            ResourceName.Namespace(ns);
        var objects = new List<AccessManifest>();
        if (grant.ApiServerUser is { } user)
            Bind(objects, new AccessSubject("User", user), $"{WellKnownNames.Module}-api-server", null, AccessRules.OfApiServer);
        if (grant.Subject is { } subject)
        {
            var tasks = grant.Tasks.SelectMany(AccessRules.With).Distinct().ToList();
            if (tasks.Exists(task => AccessRules.OfHelpers(task).Count > 0))
                objects.Insert(0, HelperNamespaceManifest(grant.HelperNamespace));
            foreach (var task in tasks)
                Add(objects, grant, subject, task);
        }

        return objects;
    }

    private static void Add(List<AccessManifest> objects, AccessGrant grant, AccessSubject subject, CheckpointTask task)
    {
        var name = $"{WellKnownNames.Module}-{task.ToString().ToLowerInvariant()}";
        var isDirect = grant.DirectToKubelet && task == CheckpointTask.Checkpoint;
        Bind(objects, subject, isDirect ? $"{name}-direct" : name, null, AccessRules.OfCluster(task, grant.DirectToKubelet));
        var rules = AccessRules.OfNamespace(task);
        if (grant.AllNamespaces)
        {
            Bind(objects, subject, $"{name}-pods", null, rules);
        }
        else
        {
            foreach (var ns in grant.Namespaces.Distinct())
                Bind(objects, subject, name, ns, rules);
        }

        Bind(objects, subject, $"{name}-helpers", grant.HelperNamespace, AccessRules.OfHelpers(task));
    }

    private static void Bind(List<AccessManifest> objects, AccessSubject subject, string role, string? ns, IReadOnlyList<AccessRule> rules)
    {
        if (rules.Count == 0)
            return;
        var roleKind = ns is null ? "ClusterRole" : "Role";
        var json = Object(roleKind, role, ns);
        json["rules"] = new JsonArray([.. rules.Select(rule => rule.ToJson())]);
        objects.Add(new(roleKind, ns, role, json, [.. rules.Select(rule => rule.ToString())], null));

        var name = $"{role}:{subject.Id}";
        var binding = Object($"{roleKind}Binding", name, ns);
        binding["roleRef"] = new JsonObject { ["apiGroup"] = WellKnownNames.RbacGroup, ["kind"] = roleKind, ["name"] = role };
        binding["subjects"] = new JsonArray(subject.ToJson());
        objects.Add(new($"{roleKind}Binding", ns, name, binding, [role], subject));
    }

    private static JsonObject Object(string kind, string name, string? ns)
    {
        var metadata = new JsonObject { ["name"] = name };
        if (ns is not null)
            metadata["namespace"] = ns;
        metadata["labels"] = new JsonObject { [WellKnownNames.AppLabel] = WellKnownNames.Module };
        return new() { ["apiVersion"] = $"{WellKnownNames.RbacGroup}/v1", ["kind"] = kind, ["metadata"] = metadata };
    }

    private static AccessManifest HelperNamespaceManifest(string name) =>
        new("Namespace", null, name, HelperNamespace.Manifest(name), ["pods that mount folders of their node"], null);
}

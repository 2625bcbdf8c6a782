using k8s.Models;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Objects;
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
        objects.Add(Role(role, ns, rules));
        objects.Add(Binding(role, ns, subject));
    }

    private static AccessManifest Role(string name, string? ns, IReadOnlyList<AccessRule> rules)
    {
        V1PolicyRule[] models = [.. rules.Select(rule => rule.ToModel())];
        var json = ns is null
            ? OwnObject.ToJson(new V1ClusterRole { Metadata = Metadata(name, ns), Rules = models })
            : OwnObject.ToJson(new V1Role { Metadata = Metadata(name, ns), Rules = models });
        return new(RoleKind(ns), ns, name, json, [.. rules.Select(rule => rule.ToString())], null);
    }

    private static AccessManifest Binding(string role, string? ns, AccessSubject subject)
    {
        var name = $"{role}:{subject.Id}";
        var reference = new V1RoleRef { ApiGroup = WellKnownNames.RbacGroup, Kind = RoleKind(ns), Name = role };
        var json = ns is null
            ? OwnObject.ToJson(new V1ClusterRoleBinding { Metadata = Metadata(name, ns), RoleRef = reference, Subjects = [subject.ToModel()] })
            : OwnObject.ToJson(new V1RoleBinding { Metadata = Metadata(name, ns), RoleRef = reference, Subjects = [subject.ToModel()] });
        return new($"{RoleKind(ns)}Binding", ns, name, json, [role], subject);
    }

    private static string RoleKind(string? ns) => ns is null ? "ClusterRole" : "Role";

    private static V1ObjectMeta Metadata(string name, string? ns) => new()
    {
        Name = name,
        NamespaceProperty = ns,
        Labels = new Dictionary<string, string> { [WellKnownNames.AppLabel] = WellKnownNames.Module },
    };

    private static AccessManifest HelperNamespaceManifest(string name) =>
        new("Namespace", null, name, HelperNamespace.Manifest(name), ["pods that mount folders of their node"], null);
}

using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Identity;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.State;

/// <summary>Authorizes requests by the sandbox's table of permissions, and by the roles and bindings in the cluster.</summary>
internal sealed class Authorizer(ObjectStore store)
{
    public const string ClusterRoles = "clusterroles";
    public const string Roles = "roles";
    public const string ClusterRoleBindings = "clusterrolebindings";
    public const string RoleBindings = "rolebindings";

    private readonly ConcurrentDictionary<(string User, string Right), bool> _used = new();

    /// <summary>The permissions that a user has used, as <c>verb resource</c>.</summary>
    public IEnumerable<string> UsedBy(string user) => _used.Keys.Where(key => key.User == user).Select(key => key.Right);

    /// <summary>Whether a user is allowed to make a request, which counts as use of the permission.</summary>
    public bool Admit(User user, AccessRequest request)
    {
        var allowed = May(user, request);
        if (allowed)
            _used[(user.Name, $"{request.Verb} {request.Resource}")] = true;
        return allowed;
    }

    public bool May(User user, AccessRequest request) => user.May(request) || RulesOf(user, request.Namespace).Any(rule => rule.Allows(request));

    /// <summary>The rules of the role that a binding refers to.</summary>
    public IEnumerable<PolicyRule> RulesOf(JsonNode? binding, string ns) => PolicyRule.Of(
        (binding.Text("roleRef", "kind") == "ClusterRole"
            ? store.Get(ClusterRoles, "", binding.Text("roleRef", "name"))
            : store.Get(Roles, ns, binding.Text("roleRef", "name")))?.Parse());

    private IEnumerable<PolicyRule> RulesOf(User user, string ns)
    {
        IEnumerable<StoredObject> bindings = store.List(ClusterRoleBindings).Objects;
        if (ns.Length > 0)
            bindings = bindings.Concat(store.List(RoleBindings, ns).Objects);
        return bindings.Select(stored => stored.Parse())
            .Where(binding => binding.Items("subjects").Any(subject => Is(user, subject)))
            .SelectMany(binding => RulesOf(binding, ns));
    }

    private static bool Is(User user, JsonObject subject) => subject.Text("kind") switch
    {
        "User" => subject.Text("name") == user.Name,
        "Group" => user.AllGroups.Contains(subject.Text("name")),
        "ServiceAccount" => user.Name == $"system:serviceaccount:{subject.Text("namespace")}:{subject.Text("name")}",
        _ => false,
    };
}

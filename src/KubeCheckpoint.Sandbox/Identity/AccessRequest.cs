namespace KubeCheckpoint.Sandbox.Identity;

/// <summary>A request for a permission, in RBAC terms.</summary>
/// <param name="Verb">get, list, watch, create, delete ...</param>
/// <param name="Group">The API group; empty for core.</param>
/// <param name="Resource">The resource with its subresource: <c>pods</c>, <c>nodes/proxy</c>.</param>
/// <param name="Namespace">The namespace; empty for the cluster.</param>
/// <param name="Name">The object's name; empty for none.</param>
internal sealed record AccessRequest(string Verb, string Group, string Resource, string Namespace, string Name)
{
    /// <summary>The message with which the API server refuses it.</summary>
    public string Refusal(User user)
    {
        var kind = Resource.Split('/')[0];
        var subject = Name.Length == 0 ? kind : $"{kind}{(Group.Length == 0 ? "" : "." + Group)} \"{Name}\"";
        var scope = Namespace.Length == 0 ? "at the cluster scope" : $"in the namespace \"{Namespace}\"";
        var addition = user.IsAnonymous && Resource == "nodes/proxy" ? ": proxy subresource changed to unsafeproxy" : "";
        return $"{subject} is forbidden: User \"{user.Name}\" cannot {Verb} resource \"{Resource}\" in API group \"{Group}\" {scope}{addition}";
    }
}

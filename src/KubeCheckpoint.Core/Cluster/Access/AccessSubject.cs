using System.Security.Cryptography;
using System.Text;
using k8s.Models;
using KubeCheckpoint.Cluster.Connections;

namespace KubeCheckpoint.Cluster.Access;

/// <summary>A user, group or service account that gets permissions.</summary>
/// <param name="Kind">User, Group or ServiceAccount.</param>
/// <param name="Name">The name.</param>
/// <param name="Namespace">The namespace of a service account, or null.</param>
public sealed record AccessSubject(string Kind, string Name, string? Namespace = null)
{
    private const string User = "User";
    private const string Group = "Group";
    private const string ServiceAccount = "ServiceAccount";
    private const int LongestId = 120;

    /// <summary>
    /// Parses a subject: <c>User:alice</c>, <c>Group:ops</c>, <c>ServiceAccount:ns/name</c> (or <c>sa:</c>, or <c>ns:name</c>), the user name
    /// of a service account, <c>system:serviceaccount:ns:name</c>, or a name without a colon, which is a user.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <exception cref="KubeCheckpointException">AccessSubjectInvalid.</exception>
    public static AccessSubject Parse(string text)
    {
        if (text.StartsWith(WellKnownNames.ServiceAccountPrefix, StringComparison.Ordinal))
            return OfServiceAccount(text, text[WellKnownNames.ServiceAccountPrefix.Length..]);
        var parts = text.Split(':', 2);
        if (parts.Any(string.IsNullOrWhiteSpace))
            throw AccessFailure.AccessSubjectInvalid(text);
        return (parts[0].ToLowerInvariant(), parts.Length) switch
        {
            (_, 1) => new(User, text),
            ("user", _) => new(User, parts[1]),
            ("group", _) => new(Group, parts[1]),
            ("serviceaccount" or "sa", _) => OfServiceAccount(text, parts[1]),
            _ => throw AccessFailure.AccessSubjectInvalid(text),
        };
    }

    /// <summary>The subject in the form that <see cref="Parse"/> reads.</summary>
    public override string ToString() => Namespace is null ? $"{Kind}:{Name}" : $"{Kind}:{Namespace}/{Name}";

    internal Rbacv1Subject ToModel() => Kind == ServiceAccount
        ? new() { Kind = Kind, Name = Name, NamespaceProperty = Namespace }
        : new() { Kind = Kind, ApiGroup = WellKnownNames.RbacGroup, Name = Name };

    /// <summary>Identifies its bindings. It is safe in an API path, whatever names an identity provider uses.</summary>
    internal string Id
    {
        get
        {
            var id = Namespace is null ? Name : $"{Namespace}:{Name}";
            var isPlain = id.Length <= LongestId && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ':' or '@');
            return $"{Kind.ToLowerInvariant()}:{(isPlain ? id : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)))[..32])}";
        }
    }

    private static AccessSubject OfServiceAccount(string text, string name) =>
        name.Split('/', ':') is [{ } ns, { } account] && ResourceName.IsLabel(ns) && ResourceName.IsSubdomain(account)
            ? new(ServiceAccount, account, ns)
            : throw AccessFailure.AccessSubjectInvalid(text);
}

using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;

namespace KubeCheckpoint.Sandbox.Identity;

/// <summary>The users of the sandbox, and how a request identifies one.</summary>
internal sealed class UserDirectory
{
    public const string ApiServerKubeletClient = "kube-apiserver-kubelet-client";

    private readonly CertificateAuthority _authority;
    private readonly Dictionary<string, User> _users = [];
    private readonly Dictionary<string, string> _tokens = [];

    public UserDirectory(CertificateAuthority authority, IEnumerable<User> users)
    {
        _authority = authority;
        foreach (var user in users)
        {
            _users[user.Name] = user;
            _tokens[user.Name] = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(20));
        }
    }

    public IEnumerable<User> Users => _users.Values;

    public IReadOnlyDictionary<string, string> Tokens => _tokens;

    public static IEnumerable<User> Default(bool apiServerLacksCheckpointRight)
    {
        yield return new User("admin", AccessRule.Everything) { Groups = ["system:masters"], Context = "admin" };
        yield return new User("operator", OperatorRules()) { Groups = ["sandbox:operators"], Context = "operator" };
        yield return new User("limited-user") { Groups = ["sandbox:limited"], Context = "limited" };
        yield return new User("checkpointer", new AccessRule(["create"], ["nodes/checkpoint"])) { Context = "checkpointer" };
        yield return new User("system:serviceaccount:default:ck-sa", new AccessRule(["create"], ["nodes/checkpoint"]));
        yield return new User("system:serviceaccount:default:proxy-sa", new AccessRule(["create"], ["nodes/proxy"]));
        string[] kubeletRights =
            ["nodes/proxy", "nodes/stats", "nodes/log", "nodes/spec", "nodes/metrics", "nodes/pods", "nodes/healthz", "nodes/configz"];
        yield return new User(
            ApiServerKubeletClient,
            new AccessRule(["*"], apiServerLacksCheckpointRight ? kubeletRights : [.. kubeletRights, "nodes/checkpoint"]));
    }

    /// <summary>The user of a request; null if its credentials are not valid.</summary>
    public User? Identify(HttpContext http)
    {
        if (http.Connection.ClientCertificate is { } certificate)
        {
            return _authority.Issued(certificate)
                ? _users.GetValueOrDefault(certificate.GetNameInfo(X509NameType.SimpleName, false))
                : null;
        }
        var authorization = http.Request.Headers.Authorization.ToString();
        if (authorization.Length == 0)
            return User.Anonymous;
        const string Scheme = "Bearer ";
        if (!authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return User.Anonymous;
        var token = authorization[Scheme.Length..].Trim();
        var name = _tokens.FirstOrDefault(pair => pair.Value == token).Key;
        return name is null ? null : _users[name];
    }

    // The permissions that the module documents as its minimum.
    private static AccessRule[] OperatorRules() =>
    [
        new(["get", "list", "watch"], ["pods"]),
        new(["get", "list"], ["nodes", "events"]),
        new(["create"], ["nodes/proxy"]),
        new(["create", "get", "delete", "watch"], ["pods"], ["kube-checkpoint"]),
        new(["get", "create"], ["pods/exec"], ["kube-checkpoint"]),
        new(["get"], ["pods/log"], ["kube-checkpoint"]),
        new(["create"], ["pods"], ["shop", "default"]),
    ];
}

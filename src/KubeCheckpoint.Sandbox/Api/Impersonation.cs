using KubeCheckpoint.Sandbox.Identity;
using KubeCheckpoint.Sandbox.State;
using Microsoft.AspNetCore.Http;

namespace KubeCheckpoint.Sandbox.Api;

/// <summary>The headers with which a request is made as another user, and the rights that they need.</summary>
internal static class Impersonation
{
    private const string ExtraPrefix = "Impersonate-Extra-";
    private const string Group = "authentication.k8s.io";

    /// <summary>The user that a request acts as: the caller if it has no impersonation headers, null if the request has been refused.</summary>
    public static async Task<User?> ApplyAsync(HttpContext http, User caller, ClusterState state)
    {
        var headers = http.Request.Headers;
        var (name, uid) = (headers["Impersonate-User"].ToString(), headers["Impersonate-Uid"].ToString());
        var groups = headers["Impersonate-Group"].OfType<string>().ToList();
        var extra = headers.Where(header => header.Key.StartsWith(ExtraPrefix, StringComparison.OrdinalIgnoreCase))
            .ToDictionary(
                header => Uri.UnescapeDataString(header.Key[ExtraPrefix.Length..].ToLowerInvariant()),
                header => (IReadOnlyList<string>)[.. header.Value.OfType<string>()]);
        if (name.Length == 0)
        {
            if (uid.Length + groups.Count + extra.Count == 0)
                return caller;
            await ApiResponse.StatusAsync(
                http,
                StatusCodes.Status500InternalServerError,
                "InternalError",
                "Internal error occurred: requested groups, extra or uid without impersonating a user");
            return null;
        }

        foreach (var access in Rights(name, uid, groups, extra))
        {
            if (state.Authorizer.Admit(caller, access))
                continue;
            await ApiResponse.ForbiddenAsync(http, caller, access);
            return null;
        }

        return Find(name, groups, state) with { Uid = uid, Extra = extra };
    }

    private static IEnumerable<AccessRequest> Rights(string name, string uid, List<string> groups, Dictionary<string, IReadOnlyList<string>> extra) =>
    [
        name.Split(':') is ["system", "serviceaccount", var ns, var account]
            ? new AccessRequest("impersonate", "", "serviceaccounts", ns, account)
            : new AccessRequest("impersonate", "", "users", "", name),
        .. groups.Select(group => new AccessRequest("impersonate", "", "groups", "", group)),
        .. from pair in extra from value in pair.Value select new AccessRequest("impersonate", Group, $"userextras/{pair.Key}", "", value),
        .. uid.Length == 0 ? [] : (AccessRequest[])[new("impersonate", Group, "uids", "", uid)],
    ];

    // The sandbox's table gives rights by name, and only to the user itself: groups that are asked for have those of bindings.
    private static User Find(string name, List<string> groups, ClusterState state)
    {
        var known = state.Users.Users.FirstOrDefault(user => user.Name == name) ?? new User(name);
        if (groups.Count > 0)
            return known with { Groups = groups };
        return name.Split(':') is ["system", "serviceaccount", var ns, _]
            ? known with { Groups = ["system:serviceaccounts", $"system:serviceaccounts:{ns}"] }
            : known with { Groups = [] };
    }
}

using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Utilities;
using Microsoft.AspNetCore.Http;

namespace KubeCheckpoint.Sandbox.Registry;

/// <summary>The permissions at the registry, and its tokens.</summary>
internal sealed class RegistryAccess(SandboxRegistryOptions options)
{
    public const string TokenPath = "/token";

    private const string Service = "kubecheckpoint-sandbox-registry";

    private readonly ConcurrentDictionary<string, (DateTimeOffset Until, IReadOnlyList<string> Scopes)> _tokens = new();

    /// <summary>The token that the nodes of the sandbox pull with; it does not expire.</summary>
    public string NodeToken { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    /// <summary>The user name to record for a request.</summary>
    public string UserOf(HttpContext http)
    {
        var authorization = http.Request.Headers.Authorization.ToString();
        return authorization switch
        {
            "" => "",
            _ when authorization == "Bearer " + NodeToken => "node",
            _ when HasCredentials(http) || _tokens.ContainsKey(Bearer(http)) => options.UserName,
            _ => "",
        };
    }

    /// <summary>Whether a request is allowed; if not, the error response has been sent.</summary>
    public async Task<bool> AdmitAsync(HttpContext http, string repository)
    {
        var reads = HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method);
        var actions = reads ? "pull" : HttpMethods.IsDelete(http.Request.Method) ? "delete" : "pull,push";
        var scope = repository.Length == 0 ? "" : $"repository:{repository}:{actions}";

        // Mounting a blob from another repository requires permission to pull from it (distribution, registry/handlers/app.go).
        var from = HttpMethods.IsPost(http.Request.Method) ? http.Request.Query["from"].ToString() : "";
        var source = from.Length == 0 ? "" : $"repository:{from}:pull";
        var admitted = options.Authentication switch
        {
            RegistryAuthentication.None => true,
            _ when Bearer(http) == NodeToken => true,
            RegistryAuthentication.Basic => HasCredentials(http),
            _ => _tokens.TryGetValue(Bearer(http), out var token)
                && token.Until > DateTimeOffset.UtcNow && Covers(token.Scopes, scope) && Covers(token.Scopes, source),
        };
        if (!admitted)
            await ChallengeAsync(http, source.Length == 0 ? scope : $"{scope} {source}");
        return admitted;
    }

    /// <summary>The token endpoint: GET with Basic, or POST as OAuth2 with a password or a refresh token.</summary>
    public async Task IssueAsync(HttpContext http)
    {
        var form = HttpMethods.IsPost(http.Request.Method) ? await http.Request.ReadFormAsync(http.RequestAborted) : null;
        var asked = form is null ? http.Request.Query["scope"] : form["scope"];
        string[] scopes = [.. asked.OfType<string>().SelectMany(scope => scope.Split(' '))];
        var known = form is null
            ? HasCredentials(http)
            : form["refresh_token"] == options.IdentityToken || (form["username"] == options.UserName && form["password"] == options.Password);
        var anonymous = form is null && http.Request.Headers.Authorization.Count == 0 && options.AnonymousPull;
        if (!known && !anonymous)
        {
            await RegistryError.UnauthorizedAsync(http);
            return;
        }
        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        var now = DateTimeOffset.UtcNow;
        IReadOnlyList<string> granted = known ? scopes : [.. scopes.Select(scope => scope.Replace("pull,push", "pull", StringComparison.Ordinal))];
        _tokens[token] = (now + options.TokenLifetime, granted);
        var response = new JsonObject
        {
            ["access_token"] = token,
            ["expires_in"] = (long)options.TokenLifetime.TotalSeconds,
            ["issued_at"] = JsonText.Time(now),
        };
        if (form is null)
            response["token"] = token;
        await http.Response.WriteAsJsonAsync(response, http.RequestAborted);
    }

    private async Task ChallengeAsync(HttpContext http, string scope)
    {
        if (options.Authentication == RegistryAuthentication.Basic)
        {
            http.Response.Headers.WWWAuthenticate = $"Basic realm=\"{Service}\"";
        }
        else
        {
            var error = Bearer(http).Length == 0 ? "" : ",error=\"invalid_token\"";
            var wanted = scope.Length == 0 ? "" : $",scope=\"{scope}\"";
            http.Response.Headers.WWWAuthenticate =
                $"Bearer realm=\"{http.Request.Scheme}://{http.Request.Host}{TokenPath}\",service=\"{Service}\"{wanted}{error}";
        }
        await RegistryError.UnauthorizedAsync(http);
    }

    private bool HasCredentials(HttpContext http)
    {
        var expected = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{options.UserName}:{options.Password}"));
        return http.Request.Headers.Authorization.ToString() == expected;
    }

    private static string Bearer(HttpContext http)
    {
        var authorization = http.Request.Headers.Authorization.ToString();
        return authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? authorization["Bearer ".Length..] : "";
    }

    // A token is sufficient if one of its scopes names the same repository and all requested actions.
    private static bool Covers(IReadOnlyList<string> scopes, string wanted)
    {
        if (wanted.Length == 0)
            return true;
        var actions = wanted.LastIndexOf(':') + 1;
        return scopes.Any(scope =>
            scope.LastIndexOf(':') + 1 == actions
            && scope[..actions] == wanted[..actions]
            && wanted[actions..].Split(',').All(action => scope[actions..].Split(',').Contains(action)));
    }
}

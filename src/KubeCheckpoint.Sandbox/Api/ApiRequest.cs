using KubeCheckpoint.Sandbox.Identity;
using Microsoft.AspNetCore.Http;

namespace KubeCheckpoint.Sandbox.Api;

/// <summary>A request to the API server, parsed into what the API server calls request info.</summary>
internal sealed record ApiRequest(HttpContext Http, User User)
{
    private const int CoreLength = 2;
    private const int GroupLength = 3;

    /// <summary>The API group; empty for core.</summary>
    public string Group { get; private init; } = "";

    public string Verb { get; private init; } = "";

    public string Resource { get; private init; } = "";

    public string Subresource { get; private init; } = "";

    public string Namespace { get; private init; } = "";

    public string Name { get; private init; } = "";

    /// <summary>The path after the subresource.</summary>
    public string Rest { get; private init; } = "";

    /// <summary>Who manages the fields that the request sets: the parameter of that name, otherwise the client's program.</summary>
    public string FieldManager =>
        Query("fieldManager") is { Length: > 0 } named ? named
            : Http.Request.Headers.UserAgent.ToString().Split('/')[0] is { Length: > 0 } agent ? agent
            : "unknown";

    public CancellationToken Aborted => Http.RequestAborted;

    public AccessRequest Access => new(Verb, Group, Subresource.Length == 0 ? Resource : $"{Resource}/{Subresource}", Namespace, Name);

    /// <summary>Parses a request for an object in an API group of the sandbox; null for any other path.</summary>
    public static ApiRequest? Parse(HttpContext http, User user)
    {
        var parts = http.Request.Path.Value!.TrimEnd('/').Split('/')[1..];
        var core = parts is ["api", "v1", _, ..];
        var grouped = parts is ["apis", _, "v1", _, ..] && (parts[1] == AccessObjects.Group || ContentObjects.Groups.Contains(parts[1]));
        if (!core && !grouped)
            return null;
        var rest = parts.AsSpan(core ? CoreLength : GroupLength);
        var ns = "";
        if (rest is ["namespaces", _, _, ..])
        {
            ns = rest[1];
            rest = rest[2..];
        }
        var name = rest.Length > 1 ? rest[1] : "";
        var request = new ApiRequest(http, user)
        {
            Group = core ? "" : parts[1],
            Resource = rest[0],
            Name = name,
            Subresource = rest.Length > 2 ? rest[2] : "",
            Rest = rest.Length > 3 ? string.Join('/', rest[3..].ToArray()) : "",

            // A namespace is a cluster-scoped object, but permissions for it are checked in the namespace itself.
            Namespace = ns.Length == 0 && rest[0] == "namespaces" ? name : ns,
        };
        return request with { Verb = VerbOf(http, request) };
    }

    public string Query(string name) => Http.Request.Query[name].ToString();

    public bool Flag(string name) => Query(name) is "true" or "1";

    private static string VerbOf(HttpContext http, ApiRequest request)
    {
        var one = request.Name.Length > 0;
        return http.Request.Method switch
        {
            "POST" => "create",
            "PUT" => "update",
            "PATCH" => "patch",
            "DELETE" => one ? "delete" : "deletecollection",
            _ when request.Flag("watch") && request.Subresource.Length == 0 => "watch",
            _ => one ? "get" : "list",
        };
    }
}

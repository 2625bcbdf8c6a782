using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using KubeCheckpoint.Sandbox.Utilities;
using Microsoft.AspNetCore.Http;

namespace KubeCheckpoint.Sandbox.Registry;

/// <summary>An image registry: the distribution protocol over files.</summary>
internal sealed partial class RegistryServer
{
    private readonly RegistryAccess _access;
    private readonly BlobHandler _blobs;
    private readonly UploadHandler _uploads;
    private readonly ManifestHandler _manifests;

    public RegistryServer(SandboxRegistryOptions options, RegistryAccess access, string folder)
    {
        var store = new BlobStore(folder);
        _access = access;
        _blobs = new BlobHandler(store);
        _uploads = new UploadHandler(options, store);
        _manifests = new ManifestHandler(store);
    }

    public async Task HandleAsync(HttpContext http)
    {
        var path = http.Request.Path.Value!;
        if (path == RegistryAccess.TokenPath)
        {
            await _access.IssueAsync(http);
            return;
        }
        http.Response.Headers["Docker-Distribution-Api-Version"] = "registry/2.0";
        var match = Route().Match(path);
        var repository = match.Groups["name"].Value;
        if (!await _access.AdmitAsync(http, repository))
            return;
        if (path is "/v2" or "/v2/")
        {
            await http.Response.WriteAsJsonAsync(new JsonObject(), http.RequestAborted);
        }
        else if (path == "/v2/_catalog")
        {
            var names = JsonText.Array(_manifests.Repositories.Select(name => (JsonNode)name));
            await http.Response.WriteAsJsonAsync(new JsonObject { ["repositories"] = names }, http.RequestAborted);
        }
        else if (!match.Success)
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
        }
        else if (!RepositoryName().IsMatch(repository))
        {
            await RegistryError.NameInvalidAsync(http, repository);
        }
        else
        {
            await DispatchAsync(http, match, repository);
        }
    }

    private Task DispatchAsync(HttpContext http, Match match, string repository)
    {
        var rest = match.Groups["rest"].Value;
        return match.Groups["kind"].Value switch
        {
            "tags" when rest == "list" => _manifests.TagsAsync(http, repository),
            "manifests" => _manifests.HandleAsync(http, repository, rest),
            "blobs" when rest.StartsWith("uploads", StringComparison.Ordinal) =>
                _uploads.HandleAsync(http, repository, rest["uploads".Length..].Trim('/')),
            "blobs" => _blobs.HandleAsync(http, repository, rest),
            _ => RegistryError.UnsupportedAsync(http),
        };
    }

    [GeneratedRegex(@"^/v2/(?<name>.+)/(?<kind>blobs|manifests|tags)/(?<rest>uploads/?[^/]*|[^/]+)$")]
    private static partial Regex Route();

    [GeneratedRegex(@"^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*\z")]
    private static partial Regex RepositoryName();
}

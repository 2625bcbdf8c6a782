using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;
using KubeCheckpoint.Sandbox.Utilities;
using Microsoft.AspNetCore.Http;

namespace KubeCheckpoint.Sandbox.Registry;

/// <summary>Blob uploads: in one request, in chunks, or by mounting from another repository.</summary>
internal sealed partial class UploadHandler(SandboxRegistryOptions options, BlobStore store)
{
    private readonly ConcurrentDictionary<string, string> _repositories = new();

    /// <param name="http">The request.</param>
    /// <param name="repository">The repository.</param>
    /// <param name="id">The upload; empty for a new one.</param>
    public Task HandleAsync(HttpContext http, string repository, string id)
    {
        if (id.Length == 0)
            return HttpMethods.IsPost(http.Request.Method) ? BeginAsync(http, repository) : RegistryError.UnsupportedAsync(http);
        if (_repositories.GetValueOrDefault(id) != repository)
            return RegistryError.UploadUnknownAsync(http);
        return http.Request.Method switch
        {
            "PATCH" => PatchAsync(http, repository, id),
            "PUT" => CompleteAsync(http, repository, id),
            "GET" => Task.FromResult(Accepted(http, repository, id, StatusCodes.Status204NoContent)),
            "DELETE" => CancelAsync(http, id),
            _ => RegistryError.UnsupportedAsync(http),
        };
    }

    private async Task BeginAsync(HttpContext http, string repository)
    {
        var mount = http.Request.Query["mount"].ToString();
        if (mount.Length > 0 && store.Holds(http.Request.Query["from"].ToString(), mount))
        {
            store.Link(repository, mount);
            Created(http, repository, mount);
            return;
        }
        var id = Guid.NewGuid().ToString();
        await PrivateFile.Create(store.UploadPath(id)).DisposeAsync();
        _repositories[id] = repository;
        if (http.Request.Query["digest"].Count > 0)
        {
            await CompleteAsync(http, repository, id);
            return;
        }
        if (options.MinimumChunkLength is { } least)
            http.Response.Headers["OCI-Chunk-Min-Length"] = least.ToString(CultureInfo.InvariantCulture);
        Accepted(http, repository, id, StatusCodes.Status202Accepted);
    }

    private async Task PatchAsync(HttpContext http, string repository, string id)
    {
        var offset = new FileInfo(store.UploadPath(id)).Length;
        var range = http.Request.Headers.ContentRange.ToString();
        if (range.Length > 0 && (ChunkRange().Match(range) is not { Success: true } match
            || long.Parse(match.Groups["from"].Value, CultureInfo.InvariantCulture) != offset))
        {
            Accepted(http, repository, id, StatusCodes.Status416RangeNotSatisfiable);
            return;
        }
        await AppendAsync(http, id);
        Accepted(http, repository, id, StatusCodes.Status202Accepted);
    }

    private async Task CompleteAsync(HttpContext http, string repository, string id)
    {
        var digest = http.Request.Query["digest"].ToString();
        await AppendAsync(http, id);
        _repositories.TryRemove(id, out _);
        if (BlobStore.IsDigest(digest) && await store.CommitAsync(store.UploadPath(id), repository, digest, http.RequestAborted))
        {
            Created(http, repository, digest);
        }
        else
        {
            File.Delete(store.UploadPath(id));
            await RegistryError.DigestInvalidAsync(http);
        }
    }

    // What arrived before a connection was cut is kept, so that the upload can be resumed.
    private async Task AppendAsync(HttpContext http, string id)
    {
        await using var file = PrivateFile.Create(store.UploadPath(id), FileMode.Append);
        await http.Request.Body.CopyToAsync(file, http.RequestAborted);
    }

    private Task CancelAsync(HttpContext http, string id)
    {
        _repositories.TryRemove(id, out _);
        File.Delete(store.UploadPath(id));
        http.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private bool Accepted(HttpContext http, string repository, string id, int status)
    {
        var length = new FileInfo(store.UploadPath(id)).Length;
        var state = options.LocationsWithState ? $"?_state={Guid.NewGuid():n}" : "";
        http.Response.StatusCode = status;
        http.Response.Headers.Location = Location(http, $"/v2/{repository}/blobs/uploads/{id}{state}");
        http.Response.Headers.Range = string.Create(CultureInfo.InvariantCulture, $"0-{Math.Max(0, length - 1)}");
        http.Response.Headers["Docker-Upload-UUID"] = id;
        return true;
    }

    private void Created(HttpContext http, string repository, string digest)
    {
        http.Response.StatusCode = StatusCodes.Status201Created;
        http.Response.Headers.Location = Location(http, $"/v2/{repository}/blobs/{digest}");
        http.Response.Headers["Docker-Content-Digest"] = BlobHandler.NamedDigest(http, digest);
    }

    private string Location(HttpContext http, string path) =>
        options.AbsoluteLocations ? $"{http.Request.Scheme}://{http.Request.Host}{path}" : path;

    [GeneratedRegex(@"^(bytes )?(?<from>\d+)-(?<to>\d+)(/(\d+|\*))?$")]
    private static partial Regex ChunkRange();
}

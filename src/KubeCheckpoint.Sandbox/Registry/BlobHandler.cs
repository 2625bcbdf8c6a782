using System.Globalization;
using System.Net.Http.Headers;
using KubeCheckpoint.Sandbox.Faults;
using Microsoft.AspNetCore.Http;

namespace KubeCheckpoint.Sandbox.Registry;

/// <summary>HEAD, GET (with Range) and DELETE of blobs.</summary>
internal sealed class BlobHandler(BlobStore store)
{
    private static readonly string WrongDigest = "sha256:" + new string('0', 64);

    /// <summary>The digest to report for content: the correct one, unless a fault changes it.</summary>
    public static string NamedDigest(HttpContext http, string digest) => http.Fault() is { WrongDigest: true } ? WrongDigest : digest;

    public async Task HandleAsync(HttpContext http, string repository, string digest)
    {
        if (!store.Holds(repository, digest))
        {
            await RegistryError.BlobUnknownAsync(http, digest);
            return;
        }
        switch (http.Request.Method)
        {
            case "GET" or "HEAD":
                await SendAsync(http, digest);
                break;
            case "DELETE":
                store.Unlink(repository, digest);
                http.Response.StatusCode = StatusCodes.Status202Accepted;
                break;
            default:
                await RegistryError.UnsupportedAsync(http);
                break;
        }
    }

    private async Task SendAsync(HttpContext http, string digest)
    {
        await using var file = File.OpenRead(store.PathOf(digest));
        long length = file.Length, from = 0, to = length - 1;
        http.Response.ContentType = "application/octet-stream";
        http.Response.Headers["Docker-Content-Digest"] = NamedDigest(http, digest);
        http.Response.Headers.ETag = $"\"{digest}\"";
        http.Response.Headers.AcceptRanges = "bytes";
        if (RangeHeaderValue.TryParse(http.Request.Headers.Range.ToString(), out var range) && range.Ranges.FirstOrDefault() is { } asked)
        {
            from = asked.From ?? Math.Max(0, length - asked.To!.Value);
            to = asked.From is null ? length - 1 : Math.Min(asked.To ?? (length - 1), length - 1);
            if (from > to)
            {
                http.Response.Headers.ContentRange = $"bytes */{length.ToString(CultureInfo.InvariantCulture)}";
                http.Response.StatusCode = StatusCodes.Status416RangeNotSatisfiable;
                return;
            }
            http.Response.StatusCode = StatusCodes.Status206PartialContent;
            http.Response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes {from}-{to}/{length}");
        }
        http.Response.ContentLength = to - from + 1;
        if (HttpMethods.IsHead(http.Request.Method))
            return;
        file.Position = from;
        await CopyAsync(file, http.Response.Body, to - from + 1, http.RequestAborted);
    }

    private static async Task CopyAsync(Stream source, Stream target, long count, CancellationToken cancellationToken)
    {
        var buffer = new byte[64 * 1024];
        while (count > 0)
        {
            var read = await source.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, count)), cancellationToken);
            await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            count -= read;
        }
    }
}

using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace KubeCheckpoint.Core.Tests.Images.Registry;

internal sealed record FakeRequest(string Method, string Target, Dictionary<string, string> Headers, byte[] Body)
{
    public string Path => Target.Split('?')[0];

    public string? Authorization => Headers.GetValueOrDefault("authorization");
}

internal sealed record FakeResponse(int Status, string Body = "", params string[] Headers)
{
    /// <summary>Closes the connection without an answer.</summary>
    public static readonly FakeResponse Reset = new(0);

    /// <summary>Sends only a part of what Content-Length promises.</summary>
    public bool IsCut { get; init; }

    /// <summary>What goes as body instead of the text, where it is not null.</summary>
    public byte[]? Bytes { get; init; }

    /// <summary>After how many bytes of the body the connection is closed, or null.</summary>
    public int? CutAfter { get; init; }

    /// <summary>Never answers.</summary>
    public bool IsSilent { get; init; }
}

/// <summary>
/// A registry in memory, for the faults a real one cannot be made to show. <see cref="Intercept"/> sees every request first
/// and may answer it.
/// </summary>
internal sealed class FakeRegistry : IDisposable
{
    private static readonly ConcurrentDictionary<int, bool> UsedPorts = new();

    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _end = new();
    private readonly Lock _lock = new();
    private int _uploads;

    public FakeRegistry(IPAddress? address = null)
    {
        // The module remembers by host and port what a registry cannot do: no two registries of a test run share a port.
        do
        {
            _listener?.Stop();
            _listener = new TcpListener(address ?? IPAddress.Loopback, 0);
            _listener.Start();
            Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        }
        while (!UsedPorts.TryAdd(Port, true));
        _ = ListenAsync();
    }

    public int Port { get; }

    public string Host => $"127.0.0.1:{Port}";

    public List<FakeRequest> Requests { get; } = [];

    public Dictionary<string, byte[]> Blobs { get; } = [];

    public Dictionary<string, byte[]> Manifests { get; } = [];

    /// <summary>What has arrived of uploads that are not closed, by path.</summary>
    public Dictionary<string, MemoryStream> Uploads { get; } = [];

    /// <summary>Asked when the head of a request is there: after how many bytes of its body the connection is reset, or null. They count as arrived.</summary>
    public Func<FakeRequest, int?> ResetInBody { get; set; } = _ => null;

    /// <summary>Whether the bytes before a reset in the body of a request are kept.</summary>
    public bool KeepsPartOfBody { get; set; } = true;

    public Func<FakeRequest, FakeResponse?> Intercept { get; set; } = _ => null;

    public int Count(string method, string part)
    {
        lock (_lock)
            return Requests.Count(request => request.Method == method && request.Target.Contains(part, StringComparison.Ordinal));
    }

    /// <summary>What a decent registry does.</summary>
    public FakeResponse Answer(FakeRequest request)
    {
        switch (request.Method)
        {
            case "HEAD":
                return new FakeResponse(Blobs.ContainsKey(request.Path[(request.Path.LastIndexOf('/') + 1)..]) ? 200 : 404);
            case "POST":
                Uploads[$"{request.Path}{++_uploads}"] = new MemoryStream();
                return new FakeResponse(202, "", $"Location: {request.Path}{_uploads}?state=a%20b");
            case "GET" or "PATCH" or "PUT" or "DELETE" when request.Path.Contains("/uploads/", StringComparison.Ordinal):
                // An upload begun on another host goes on here.
                return AnswerUpload(request, Uploads.TryGetValue(request.Path, out var upload) || request.Method != "PUT" ? upload : new MemoryStream());
            case "GET" when request.Path.Contains("/blobs/", StringComparison.Ordinal):
                if (!Blobs.TryGetValue(request.Path[(request.Path.LastIndexOf('/') + 1)..], out var blob))
                    return new FakeResponse(404);
                var from = request.Headers.TryGetValue("range", out var wanted) ? int.Parse(wanted["bytes=".Length..].TrimEnd('-'), CultureInfo.InvariantCulture) : 0;
                return new FakeResponse(from > 0 ? 206 : 200) { Bytes = blob[from..] };
            case "GET" when request.Path.Contains("/manifests/", StringComparison.Ordinal):
                return Manifests.TryGetValue(request.Path[(request.Path.LastIndexOf('/') + 1)..], out var manifest)
                    ? new FakeResponse(200, Encoding.UTF8.GetString(manifest), "Content-Type: application/vnd.oci.image.manifest.v1+json")
                    : new FakeResponse(404, """{"errors":[{"code":"MANIFEST_UNKNOWN"}]}""");
            case "PUT":
                Manifests[request.Path[(request.Path.LastIndexOf('/') + 1)..]] = request.Body;
                return new FakeResponse(201, "", $"Docker-Content-Digest: {Images.Sha256(request.Body)}");
            default:
                return new FakeResponse(200, "{}");
        }
    }

    private FakeResponse AnswerUpload(FakeRequest request, MemoryStream? upload)
    {
        if (upload is null)
            return new FakeResponse(404, """{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN","message":"gone"}]}""");
        var range = $"Range: 0-{Math.Max(0, upload.Length - 1)}";
        switch (request.Method)
        {
            case "GET":
                return new FakeResponse(204, "", $"Location: {request.Target}", range);
            case "DELETE":
                Uploads.Remove(request.Path);
                return new FakeResponse(204);
            case "PATCH":
                if (!request.Headers["content-range"].StartsWith($"{upload.Length}-", StringComparison.Ordinal))
                    return new FakeResponse(416, "", $"Location: {request.Target}", range);
                upload.Write(request.Body);
                return new FakeResponse(202, "", $"Location: {request.Target}", $"Range: 0-{Math.Max(0, upload.Length - 1)}");
            default:
                upload.Write(request.Body);
                Uploads.Remove(request.Path);
                var digest = Uri.UnescapeDataString(request.Target[(request.Target.IndexOf("digest=", StringComparison.Ordinal) + 7)..]);
                if (Images.Sha256(upload.ToArray()) != digest)
                    return new FakeResponse(400, """{"errors":[{"code":"DIGEST_INVALID","message":"other bytes"}]}""");
                Blobs[digest] = upload.ToArray();
                return new FakeResponse(201, "", $"Docker-Content-Digest: {digest}");
        }
    }

    public void Dispose()
    {
        _end.Cancel();
        _listener.Stop();
        _end.Dispose();
    }

    private async Task ListenAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptTcpClientAsync(_end.Token));
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using (client)
            {
                var stream = client.GetStream();
                // Closed with bytes unread, a connection is reset.
                while (await ReadAsync(stream) is { } request)
                {
                    FakeResponse response;
                    lock (_lock)
                    {
                        Requests.Add(request);
                        response = Intercept(request) ?? Answer(request);
                    }
                    if (response.IsSilent)
                        await Task.Delay(Timeout.Infinite, _end.Token);
                    if (response == FakeResponse.Reset)
                    {
                        client.LingerState = new LingerOption(true, 0);
                        return;
                    }
                    await WriteAsync(stream, request, response);
                    if (response.IsCut || response.CutAfter is not null)
                        return;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException or FormatException)
        {
        }
    }

    private async Task<FakeRequest?> ReadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        var octet = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(octet) == 0)
                return null;
            head.Append((char)octet[0]);
            // A TLS handshake begins with 0x16: a server of plain HTTP says no and hangs up.
            if (head.Length == 1 && octet[0] == 0x16)
            {
                await stream.WriteAsync("HTTP/1.0 400 Bad Request\r\n\r\n"u8.ToArray());
                return null;
            }
        }
        var lines = head.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var start = lines[0].Split(' ');
        var headers = lines.Skip(1).Select(line => line.Split(": ", 2)).ToDictionary(pair => pair[0].ToLowerInvariant(), pair => pair.ElementAtOrDefault(1) ?? "");
        if (headers.ContainsKey("expect"))
            await stream.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray());
        var body = new byte[int.Parse(headers.GetValueOrDefault("content-length", "0"), CultureInfo.InvariantCulture)];
        var request = new FakeRequest(start[0], start[1], headers, body);
        if (ResetInBody(request) is not { } count)
        {
            await stream.ReadExactlyAsync(body);
            return request;
        }
        await stream.ReadExactlyAsync(body.AsMemory(0, count));
        lock (_lock)
        {
            Requests.Add(request);
            if (KeepsPartOfBody)
                Uploads[request.Path].Write(body, 0, count);
        }
        return null;
    }

    private static async Task WriteAsync(NetworkStream stream, FakeRequest request, FakeResponse response)
    {
        var body = response.Bytes ?? Encoding.UTF8.GetBytes(response.Body);
        var length = body.Length + (response.IsCut ? 100 : 0);
        var head = $"HTTP/1.1 {response.Status} X\r\nContent-Length: {length}\r\n{string.Concat(response.Headers.Select(header => header + "\r\n"))}\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head));
        if (request.Method != "HEAD")
            await stream.WriteAsync(body.AsMemory(0, response.CutAfter ?? body.Length));
    }
}

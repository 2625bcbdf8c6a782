using System.Net.Http.Headers;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Cluster;

namespace KubeCheckpoint.Sandbox.Tests;

/// <summary>A client of the sandbox's servers: with a certificate, a token, or no credentials.</summary>
internal sealed class Caller : IDisposable
{
    private readonly SandboxCluster _cluster;
    private readonly HttpClient _client;
    private readonly string? _token;
    private readonly SocketsHttpHandler _handler;

    private Caller(SandboxCluster cluster, X509Certificate2? certificate, string? token)
    {
        _cluster = cluster;
        _token = token;
        var authority = X509CertificateLoader.LoadCertificateFromFile(cluster.CertificateAuthorityPath);
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(authority);
        _handler = new SocketsHttpHandler { UseProxy = false };
        _handler.SslOptions.CertificateChainPolicy = policy;
        if (certificate is not null)
            _handler.SslOptions.ClientCertificates = [certificate];
        _client = new HttpClient(_handler) { BaseAddress = cluster.ApiServer };
        if (token is not null)
            _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    public HttpClient Client => _client;

    public static Caller WithToken(SandboxCluster cluster, string user) => new(cluster, null, cluster.Tokens.GetValueOrDefault(user, user));

    public static Caller WithCertificate(SandboxCluster cluster, string user) =>
        With(cluster, X509Certificate2.CreateFromPemFile(cluster.ClientCertificatePath(user), cluster.ClientKeyPath(user)));

    public static Caller With(SandboxCluster cluster, X509Certificate2 certificate) => new(cluster, certificate, null);

    public static Caller Anonymous(SandboxCluster cluster) => new(cluster, null, null);

    /// <summary>Sends a request; a path without host goes to the API server.</summary>
    public async Task<(int Status, string Body, HttpResponseMessage Response)> SendAsync(HttpMethod method, string url, JsonObject? body = null)
    {
        using var request = new HttpRequestMessage(method, url);
        if (body is not null)
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        var response = await _client.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(), response);
    }

    public async Task<JsonObject> GetAsync(string url)
    {
        (var status, var body, _) = await SendAsync(HttpMethod.Get, url);
        Assert.True(status == 200, $"{url}: {status} {body}");
        return JsonNode.Parse(body)!.AsObject();
    }

    public async Task<JsonObject> PostAsync(string url, JsonObject json)
    {
        (var status, var body, _) = await SendAsync(HttpMethod.Post, url, json);
        Assert.True(status == 201, $"{url}: {status} {body}");
        return JsonNode.Parse(body)!.AsObject();
    }

    /// <summary>Runs a command in a pod, and returns its output and the Status of the error channel (null if there was none).</summary>
    public async Task<(byte[] Output, string Error, JsonObject? Status)> ExecAsync(
        string ns, string pod, string[] command, string protocol = "v5.channel.k8s.io", string? input = null)
    {
        using var socket = await OpenAsync(ns, pod, command, protocol, input is not null);
        if (input is not null)
        {
            await socket.SendAsync((byte[])[0, .. Encoding.UTF8.GetBytes(input)], WebSocketMessageType.Binary, true, CancellationToken.None);
            await socket.SendAsync((byte[])[255, 0], WebSocketMessageType.Binary, true, CancellationToken.None);
        }
        using var output = new MemoryStream();
        var error = new StringBuilder();
        JsonObject? status = null;
        while (await ReceiveAsync(socket) is { Length: > 0 } message)
        {
            switch (message[0])
            {
                case 1:
                    output.Write(message.AsSpan(1));
                    break;
                case 2:
                    error.Append(Encoding.UTF8.GetString(message.AsSpan(1)));
                    break;
                case 3:
                    status = JsonNode.Parse(message.AsSpan(1))!.AsObject();
                    break;
            }
        }
        return (output.ToArray(), error.ToString(), status);
    }

    public async Task<ClientWebSocket> OpenAsync(string ns, string pod, string[] command, string protocol = "v5.channel.k8s.io", bool stdin = false)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol(protocol);
        var query = string.Concat(command.Select(word => $"command={Uri.EscapeDataString(word)}&"));
        var url = new Uri($"wss://127.0.0.1:{_cluster.ApiServer.Port}/api/v1/namespaces/{ns}/pods/{pod}/exec?{query}stdout=true&stderr=true&stdin={(stdin ? "true" : "false")}");
        socket.Options.CollectHttpResponseDetails = true;
        if (_token is not null)
            socket.Options.SetRequestHeader("Authorization", $"Bearer {_token}");
        using var invoker = new HttpMessageInvoker(_handler, disposeHandler: false);
        await socket.ConnectAsync(url, invoker, CancellationToken.None);
        return socket;
    }

    public void Dispose() => _client.Dispose();

    // A complete message; empty if the server has closed the connection.
    private static async Task<byte[]> ReceiveAsync(WebSocket socket)
    {
        using var message = new MemoryStream();
        var buffer = new byte[64 * 1024];
        WebSocketReceiveResult received;
        do
        {
            received = await socket.ReceiveAsync(buffer, CancellationToken.None);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None);
                return [];
            }
            message.Write(buffer.AsSpan(0, received.Count));
        }
        while (!received.EndOfMessage);
        return message.ToArray();
    }
}

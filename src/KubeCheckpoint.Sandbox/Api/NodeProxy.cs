using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using KubeCheckpoint.Sandbox.Identity;
using KubeCheckpoint.Sandbox.State;
using Microsoft.AspNetCore.Http;

namespace KubeCheckpoint.Sandbox.Api;

/// <summary>The node proxy: connects to the kubelet with the API server's client certificate and returns its response unchanged.</summary>
internal sealed class NodeProxy : IDisposable
{
    private static readonly string[] PassedHeaders = ["Allow", "X-Content-Type-Options"];

    private readonly ClusterState _state;
    private readonly X509Certificate2 _identity;
    private readonly HttpClient _client;

    public NodeProxy(ClusterState state)
    {
        _state = state;
        (var certificate, var key) = state.Authority.IssueClient(UserDirectory.ApiServerKubeletClient, ["sandbox:kubelet-api"]);
        using var ephemeral = X509Certificate2.CreateFromPem(certificate, key);
        _identity = X509CertificateLoader.LoadPkcs12(ephemeral.Export(X509ContentType.Pfx), null);
        _client = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                ClientCertificates = [_identity],
                RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                    certificate is X509Certificate2 served && state.Authority.Issued(served),
            },
            UseProxy = false,
            PooledConnectionLifetime = TimeSpan.FromSeconds(5),
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    public async Task HandleAsync(ApiRequest request)
    {
        var http = request.Http;
        var name = NodeName(request.Name);
        if (!_state.Nodes.TryGetValue(name, out var node))
        {
            await ApiResponse.NotFoundAsync(http, "nodes", name);
            return;
        }
        using var forwarded = new HttpRequestMessage(
            new HttpMethod(http.Request.Method), $"https://127.0.0.1:{node.KubeletPort}/{request.Rest}{http.Request.QueryString}");
        if (http.Request.Headers.Accept.ToString() is { Length: > 0 } accept)
            forwarded.Headers.TryAddWithoutValidation("Accept", accept);

        // HttpClient retries a request without content by itself if the connection ends before the response.
        if (HttpMethods.IsPost(http.Request.Method))
            forwarded.Content = new ByteArrayContent([]);
        HttpResponseMessage response;
        try
        {
            response = await _client.SendAsync(forwarded, HttpCompletionOption.ResponseHeadersRead, request.Aborted);
        }
        catch (HttpRequestException exception)
        {
            var reason = exception.HttpRequestError == HttpRequestError.ConnectionError
                ? $"dial tcp 127.0.0.1:{node.KubeletPort}: connect: connection refused"
                : "EOF";
            await ApiResponse.StatusAsync(http, StatusCodes.Status503ServiceUnavailable, "ServiceUnavailable", $"error trying to reach service: {reason}");
            return;
        }
        using (response)
        {
            try
            {
                await PassAsync(http, response);
            }
            catch (HttpRequestException)
            {
                http.Abort();
            }
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        _identity.Dispose();
    }

    // A node may be named with scheme and port: https:node1:10250.
    private static string NodeName(string text) => text.Split(':') switch
    {
        [_, { } name, _] => name,
        [{ } name, ..] => name,
        _ => text,
    };

    private static async Task PassAsync(HttpContext http, HttpResponseMessage response)
    {
        http.Response.StatusCode = (int)response.StatusCode;
        http.Response.ContentType = response.Content.Headers.ContentType?.ToString();
        http.Response.ContentLength = response.Content.Headers.ContentLength;
        foreach (var header in PassedHeaders)
        {
            if (Values(response, header) is { } values)
                http.Response.Headers[header] = values;
        }
        await response.Content.CopyToAsync(http.Response.Body, http.RequestAborted);
    }

    private static string? Values(HttpResponseMessage response, string header) =>
        ((HttpHeaders[])[response.Headers, response.Content.Headers])
            .Where(headers => headers.TryGetValues(header, out _))
            .Select(headers => string.Join(", ", headers.GetValues(header)))
            .FirstOrDefault();
}

using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using KubeCheckpoint.Sandbox.Identity;
using KubeCheckpoint.Sandbox.State;
using Microsoft.AspNetCore.Http;

namespace KubeCheckpoint.Sandbox.Api;

/// <summary>The node proxy: goes to the kubelet with the API server's own certificate and hands its answer on unchanged.</summary>
internal sealed class NodeProxy : IDisposable
{
    private static readonly string[] PassedHeaders = ["Allow", "X-Content-Type-Options"];

    private readonly ClusterState state;
    private readonly X509Certificate2 identity;
    private readonly HttpClient client;

    public NodeProxy(ClusterState state)
    {
        this.state = state;
        (var certificate, var key) = state.Authority.IssueClient(UserDirectory.ApiServerKubeletClient, ["sandbox:kubelet-api"]);
        using var ephemeral = X509Certificate2.CreateFromPem(certificate, key);
        identity = X509CertificateLoader.LoadPkcs12(ephemeral.Export(X509ContentType.Pfx), null);
        client = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                ClientCertificates = [identity],
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
        if (!state.Nodes.TryGetValue(name, out var node))
        {
            await ApiAnswer.NotFoundAsync(http, "nodes", name);
            return;
        }

        using var forwarded = new HttpRequestMessage(
            new HttpMethod(http.Request.Method), $"https://127.0.0.1:{node.KubeletPort}/{request.Rest}{http.Request.QueryString}");
        if (http.Request.Headers.Accept.ToString() is { Length: > 0 } accept)
        {
            forwarded.Headers.TryAddWithoutValidation("Accept", accept);
        }

        HttpResponseMessage answer;
        try
        {
            answer = await client.SendAsync(forwarded, HttpCompletionOption.ResponseHeadersRead, request.Aborted);
        }
        catch (HttpRequestException)
        {
            await ApiAnswer.StatusAsync(
                http,
                StatusCodes.Status503ServiceUnavailable,
                "ServiceUnavailable",
                $"error trying to reach service: dial tcp 127.0.0.1:{node.KubeletPort}: connect: connection refused");
            return;
        }

        using (answer)
        {
            await PassAsync(http, answer);
        }
    }

    public void Dispose()
    {
        client.Dispose();
        identity.Dispose();
    }

    // A node may be named with scheme and port: https:node1:10250.
    private static string NodeName(string text) => text.Split(':') switch
    {
        [_, { } name, _] => name,
        [{ } name, ..] => name,
        _ => text,
    };

    private static async Task PassAsync(HttpContext http, HttpResponseMessage answer)
    {
        http.Response.StatusCode = (int)answer.StatusCode;
        http.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
        http.Response.ContentLength = answer.Content.Headers.ContentLength;
        foreach (var header in PassedHeaders)
        {
            if (Values(answer, header) is { } values)
            {
                http.Response.Headers[header] = values;
            }
        }

        await answer.Content.CopyToAsync(http.Response.Body, http.RequestAborted);
    }

    private static string? Values(HttpResponseMessage answer, string header) =>
        ((HttpHeaders[])[answer.Headers, answer.Content.Headers])
            .Where(headers => headers.TryGetValues(header, out _))
            .Select(headers => string.Join(", ", headers.GetValues(header)))
            .FirstOrDefault();
}

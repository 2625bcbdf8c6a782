using System.Net;

namespace KubeCheckpoint.Cluster.Sockets;

/// <summary>Sends requests to a proxy that sends them on, with the credentials for it.</summary>
internal sealed class ProxyRelayHandler(ProxyAddress proxy, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (proxy.BasicCredential is { } credential)
            request.Headers.ProxyAuthorization = new("Basic", credential);
        var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.ProxyAuthenticationRequired)
            return response;
        response.Dispose();
        throw new ProxyException(proxy, ProxyProblem.Unauthorized, $"{(int)response.StatusCode} {response.ReasonPhrase}");
    }
}

using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using KubeCheckpoint.Cluster.Connections;

namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>
/// Opens the WebSockets of a pod's subresources. It sends the upgrade itself because ClientWebSocket hides the server's message when the
/// upgrade is refused.
/// </summary>
internal static class PodWebSocket
{
    /// <summary>Load balancers close idle connections, for example while a large file is hashed.</summary>
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);

    /// <summary>The socket, or the refusal of the server.</summary>
    public static async Task<(WebSocket? Socket, ServerResponse? Refusal)> OpenAsync(
        ServerConnection connection, string path, string protocols, CancellationToken cancellationToken)
    {
        using var request = connection.NewRequest(HttpMethod.Get, path);

        // An API server responds with 406 to an upgrade that accepts JSON only.
        request.Headers.Accept.Clear();
        request.Version = HttpVersion.Version11;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Upgrade.Add(new("websocket"));
        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        request.Headers.TryAddWithoutValidation("Sec-WebSocket-Version", "13");
        request.Headers.TryAddWithoutValidation("Sec-WebSocket-Key", key);
        request.Headers.TryAddWithoutValidation("Sec-WebSocket-Protocol", protocols);

        var response = await connection.OpenAsync(request, ServerConnection.SmallRequest, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.SwitchingProtocols)
            return (await UpgradeAsync(response, cancellationToken).ConfigureAwait(false), null);
        using (response)
        {
            var body = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
            return (null, new(response.StatusCode, body));
        }
    }

    private static async Task<WebSocket> UpgradeAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var protocol = response.Headers.TryGetValues("Sec-WebSocket-Protocol", out var values) ? values.FirstOrDefault() : null;
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        return WebSocket.CreateFromStream(
            stream, new WebSocketCreationOptions { SubProtocol = protocol, KeepAliveInterval = KeepAlive });
    }
}

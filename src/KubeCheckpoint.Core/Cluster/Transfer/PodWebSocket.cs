using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Http;

namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>
/// Opens the WebSockets of a pod's subresources. It sends the upgrade itself because ClientWebSocket hides the server's message when the
/// upgrade is refused.
/// </summary>
internal static class PodWebSocket
{
    /// <summary>Load balancers close idle connections, for example while a large file is hashed.</summary>
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);

    /// <summary>The bytes that are read of a refusal.</summary>
    private const int LargestRefusal = 64 * 1024;

    /// <summary>The socket, or the refusal of the server.</summary>
    /// <param name="connection">The API server.</param>
    /// <param name="path">The path of the subresource.</param>
    /// <param name="protocols">The protocols that are understood.</param>
    /// <param name="repeat">When the upgrade is asked for again.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    public static async Task<(WebSocket? Socket, ServerResponse? Refusal)> OpenAsync(
        ServerConnection connection, string path, string protocols, Repeat repeat, CancellationToken cancellationToken)
    {
        // An API server responds with 406 to an upgrade that accepts JSON only.
        var call = connection.NewCall(HttpMethod.Get, path, ServerConnection.SmallRequest) with
        {
            Accept = [],
            LargestBody = LargestRefusal,
            Prepare = message => AskForUpgrade(message, protocols),
        };
        var response = await connection.BeginAsync(call, repeat, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.SwitchingProtocols)
            return (await UpgradeAsync(response, cancellationToken).ConfigureAwait(false), null);
        using (response)
            return (null, await connection.ReadAsync(response, call, cancellationToken).ConfigureAwait(false));
    }

    private static void AskForUpgrade(HttpRequestMessage message, string protocols)
    {
        message.Version = HttpVersion.Version11;
        message.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        message.Headers.Connection.Add("Upgrade");
        message.Headers.Upgrade.Add(new("websocket"));
        message.Headers.TryAddWithoutValidation("Sec-WebSocket-Version", "13");
        message.Headers.TryAddWithoutValidation("Sec-WebSocket-Key", Convert.ToBase64String(RandomNumberGenerator.GetBytes(16)));
        message.Headers.TryAddWithoutValidation("Sec-WebSocket-Protocol", protocols);
    }

    private static async Task<WebSocket> UpgradeAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var protocol = response.Headers.TryGetValues("Sec-WebSocket-Protocol", out var values) ? values.FirstOrDefault() : null;
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        return WebSocket.CreateFromStream(
            stream, new WebSocketCreationOptions { SubProtocol = protocol, KeepAliveInterval = KeepAlive });
    }
}

using System.Buffers.Binary;
using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.State;
using KubeCheckpoint.Sandbox.Utilities;
using Microsoft.AspNetCore.Http;

namespace KubeCheckpoint.Sandbox.Api;

/// <summary>The ports of pods: HTTP through the API server's proxy, and port-forward over a WebSocket. No real port is open.</summary>
internal sealed class PodPorts(ClusterState state)
{
    private const string Protocol = "v4.channel.k8s.io";
    private const byte Data = 0;
    private const byte Error = 1;

    public async Task ProxyAsync(ApiRequest request)
    {
        // name, name:port or scheme:name:port
        var parts = request.Name.Split(':');
        var name = parts.Length == 3 ? parts[1] : parts[0];
        var port = int.Parse(parts[^1] is { Length: > 0 } text && parts.Length > 1 ? text : "80", CultureInfo.InvariantCulture);
        if (state.Store.Get("pods", request.Namespace, name)?.Parse() is not { } pod)
        {
            await ApiResponse.NotFoundAsync(request.Http, request.Resource, name);
            return;
        }
        if (RespondAt(pod, port, "/" + request.Rest + request.Http.Request.QueryString) is { } response)
        {
            await ApiResponse.TextAsync(request.Http, response.Status, response.Body);
            return;
        }
        await ApiResponse.StatusAsync(
            request.Http,
            StatusCodes.Status503ServiceUnavailable,
            "ServiceUnavailable",
            $"error trying to reach service: dial tcp {pod.Text("status", "podIP")}:{port}: connect: connection refused");
    }

    public async Task ForwardAsync(ApiRequest request)
    {
        var http = request.Http;
        if (!http.WebSockets.IsWebSocketRequest)
        {
            await ApiResponse.BadRequestAsync(http, "Upgrade request required");
            return;
        }
        if (state.Store.Get("pods", request.Namespace, request.Name)?.Parse() is not { } pod)
        {
            await ApiResponse.NotFoundAsync(http, request.Resource, request.Name);
            return;
        }
        if (!ushort.TryParse(request.Query("ports"), CultureInfo.InvariantCulture, out var port)
            || !http.WebSockets.WebSocketRequestedProtocols.Contains(Protocol))
        {
            await ApiResponse.BadRequestAsync(http, "query parameter \"ports\" is required, and the protocol v4.channel.k8s.io");
            return;
        }
        using var socket = await http.WebSockets.AcceptWebSocketAsync(Protocol);
        await ForwardAsync(pod, port, socket, request.Aborted);
    }

    private async Task ForwardAsync(JsonObject pod, ushort port, WebSocket socket, CancellationToken cancellationToken)
    {
        var number = new byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(number, port);
        try
        {
            await SendAsync(socket, Data, number, cancellationToken);
            await SendAsync(socket, Error, number, cancellationToken);
            if (RespondAt(pod, port, "/") is null)
            {
                var words = $"error forwarding port {port} to pod {Guid.NewGuid():n}, uid : failed to execute portforward in network namespace "
                    + $"\"/var/run/netns/cni-{Guid.NewGuid()}\": failed to connect to localhost:{port} inside namespace \"{Guid.NewGuid():n}\", "
                    + $"IPv4: dial tcp4 127.0.0.1:{port}: connect: connection refused IPv6 dial tcp6 [::1]:{port}: connect: connection refused ";
                await SendAsync(socket, Error, Encoding.UTF8.GetBytes(words), cancellationToken);
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", cancellationToken);
                return;
            }
            var buffer = new byte[4096];
            while ((await socket.ReceiveAsync(buffer, cancellationToken)).MessageType != WebSocketMessageType.Close)
            {
            }
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", cancellationToken);
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException)
        {
            socket.Abort();
        }
    }

    // A pod that is not running does not respond.
    private (int Status, string Body)? RespondAt(JsonObject pod, int port, string path) =>
        pod.Text("status", "phase") == "Running" ? state.PodHttp(pod, port, path) : null;

    private static Task SendAsync(WebSocket socket, byte channel, byte[] data, CancellationToken cancellationToken) =>
        socket.SendAsync((byte[])[channel, .. data], WebSocketMessageType.Binary, true, cancellationToken);
}

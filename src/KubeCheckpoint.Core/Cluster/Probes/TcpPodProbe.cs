using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Http;

namespace KubeCheckpoint.Cluster.Probes;

/// <summary>
/// A TCP connection to a port of the pod, through port-forward. The protocol has two channels for a port, data and error; each begins with
/// the port in two bytes. A refused connection is reported on the error channel; an accepted one is silent.
/// https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/cri-streaming/pkg/streaming/portforward/websocket.go
/// </summary>
public sealed class TcpPodProbe : IPodProbe
{
    private const string Protocol = "v4.channel.k8s.io";
    private const byte ErrorChannel = 1;
    private const int PortBytes = 2;
    private const int MaxError = 16 * 1024;

    /// <summary>How long to wait for the report of a refused connection.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);

    private readonly ClusterClient _cluster;
    private readonly int _port;

    /// <summary>Makes a probe.</summary>
    /// <param name="cluster">The cluster. The caller disposes of it.</param>
    /// <param name="port">The port.</param>
    /// <exception cref="KubeCheckpointException">ProbeInvalid.</exception>
    public TcpPodProbe(ClusterClient cluster, int port)
    {
        _cluster = cluster;
        _port = port is > 0 and <= 65535 ? port : throw ProbeFailure.ProbeInvalid(port.ToString(CultureInfo.InvariantCulture), "TCP", "6379");
    }

    /// <inheritdoc/>
    public PodProbeKind Kind => PodProbeKind.Tcp;

    /// <inheritdoc/>
    public string Target => _port.ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public async Task<ProbeResponse> ProbeAsync(Pod pod, CancellationToken cancellationToken)
    {
        var connection = _cluster.Server.Connection;
        var path = $"{PodApi.PathOf(pod.Namespace, pod.PodName)}/portforward?ports={_port}";
        var (socket, refusal) = await PodWebSocket.OpenAsync(connection, path, Protocol, Repeat.IfRefused, cancellationToken).ConfigureAwait(false);
        if (refusal is not null)
        {
            return refusal.Status is HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized
                ? throw ApiRefusal.ToFailure(refusal, connection.BaseUri)
                : new(false, refusal.Message.Shorten(300));
        }

        using (socket)
        {
            return await ListenAsync(socket!, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<ProbeResponse> ListenAsync(WebSocket socket, CancellationToken cancellationToken)
    {
        using var quiet = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        quiet.CancelAfter(Quiet);
        var buffer = new byte[4096];
        var frames = new ExecFrames();
        var received = new Dictionary<ExecChannel, int>();
        var error = new KeptBytes(MaxError);
        try
        {
            while (true)
            {
                var piece = await socket.ReceiveAsync(buffer.AsMemory(), quiet.Token).ConfigureAwait(false);
                if (piece.MessageType == WebSocketMessageType.Close)
                    return Closed(error, received);
                var (channel, payload) = frames.Next(buffer.AsMemory(0, piece.Count), piece.EndOfMessage);
                if (channel is not { } known)
                    continue;
                var skipped = Math.Min(payload.Length, Math.Max(0, PortBytes - received.GetValueOrDefault(known)));
                received[known] = received.GetValueOrDefault(known) + payload.Length;
                if ((byte)known == ErrorChannel)
                    error.Append(payload.Span[skipped..]);
                else if (payload.Length > skipped)
                    return new(true, "connected, data received");
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return error.IsEmpty && received.Count > 0 ? new(true, "connected") : Closed(error, received);
        }
        catch (Exception exception) when (exception is WebSocketException or IOException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return Closed(error, received);
        }
    }

    private static ProbeResponse Closed(KeptBytes error, Dictionary<ExecChannel, int> received) => new(
        false,
        !error.IsEmpty ? Essence(error.ToString()).Shorten(200)
            : received.Count == 0 ? "no response from port-forward" : "the connection was closed immediately");

    /// <summary>
    /// The end of "error forwarding port 81 to pod ID, uid : ... inside namespace ID, IPv4: dial tcp4 127.0.0.1:81: connect: connection refused",
    /// from <c>dial tcp</c>.
    /// </summary>
    private static string Essence(string words)
    {
        var at = words.IndexOf("dial tcp", StringComparison.Ordinal);
        return (at < 0 ? words : words[at..]).Trim();
    }
}

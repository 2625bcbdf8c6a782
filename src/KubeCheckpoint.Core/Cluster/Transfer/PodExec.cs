using System.Buffers;
using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;

namespace KubeCheckpoint.Cluster;

/// <summary>
/// Runs commands in a pod over a WebSocket and hands their output on as it arrives. (The client's own demultiplexer keeps 40 MB at
/// most and then loses the rest without an error.)
/// </summary>
internal sealed class PodExec(ServerConnection connection, string ns, string pod)
{
    private const int MostKept = 64 * 1024;
    private const int BufferSize = 128 * 1024;

    /// <summary>Load balancers cut connections on which nothing moves, as while a large file is hashed.</summary>
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);

    /// <summary>How exec is refused once the helper has ended, by its own deadline for example.</summary>
    private static readonly string[] EndedWords = ["completed pod", "container not found"];

    /// <summary>Runs a command and returns what it wrote.</summary>
    public async Task<(ExecResult Result, string Output)> RunAsync(string script, TimeSpan silence, CancellationToken cancellationToken)
    {
        var output = new StringBuilder();
        var result = await RunAsync(script, Keep, silence, cancellationToken).ConfigureAwait(false);
        return (result, output.ToString());

        ValueTask Keep(ReadOnlyMemory<byte> piece)
        {
            if (output.Length < 1024 * 1024) output.Append(Encoding.UTF8.GetString(piece.Span));
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>Runs a command and gives its output to <paramref name="onOutput"/>, piece by piece.</summary>
    /// <param name="script">What <c>sh -c</c> is to run.</param>
    /// <param name="onOutput">Takes a piece; its memory is used again afterwards.</param>
    /// <param name="silence">How long the connection may stay silent.</param>
    /// <param name="cancellationToken">Ends the command's connection.</param>
    /// <exception cref="ExecBrokenException">The connection was cut or stood still.</exception>
    /// <exception cref="KubeCheckpointException">ExecForbidden, HelperPodGone, ClusterUnreachable and the like.</exception>
    public async Task<ExecResult> RunAsync(
        string script, Func<ReadOnlyMemory<byte>, ValueTask> onOutput, TimeSpan silence, CancellationToken cancellationToken)
    {
        using var socket = await ConnectAsync(script, cancellationToken).ConfigureAwait(false);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        var frames = new ExecFrames();
        var errors = new StringBuilder();
        var status = new StringBuilder();
        try
        {
            while (true)
            {
                limit.CancelAfter(silence);
                var received = await ReceiveAsync(socket, buffer, silence, limit.Token, cancellationToken).ConfigureAwait(false);
                if (received.MessageType == WebSocketMessageType.Close) break;
                var (channel, payload) = frames.Next(buffer.AsMemory(0, received.Count), received.EndOfMessage);
                if (channel == ExecChannel.Output && payload.Length > 0) await onOutput(payload).ConfigureAwait(false);
                if (channel == ExecChannel.ErrorOutput) Append(errors, payload);
                if (channel == ExecChannel.Status) Append(status, payload);
                if (channel == ExecChannel.Status && received.EndOfMessage) break;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return status.Length > 0
            ? ExecResult.Parse(status.ToString(), errors.ToString().Trim())
            : throw new ExecBrokenException("The connection ended before the command did.");
    }

    private static async Task<ValueWebSocketReceiveResult> ReceiveAsync(
        WebSocket socket, byte[] buffer, TimeSpan silence, CancellationToken limit, CancellationToken cancellationToken)
    {
        try
        {
            return await socket.ReceiveAsync(buffer.AsMemory(), limit).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ExecBrokenException($"Nothing arrived for {silence.TotalSeconds:0} s.", exception);
        }
        catch (Exception exception) when (exception is WebSocketException or IOException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new ExecBrokenException(exception.GetBaseException().Message, exception);
        }
    }

    private static void Append(StringBuilder text, ReadOnlyMemory<byte> piece)
    {
        if (text.Length < MostKept) text.Append(Encoding.UTF8.GetString(piece.Span));
    }

    /// <summary>The upgrade is made by hand because ClientWebSocket keeps the server's words to itself when it is refused.</summary>
    private async Task<WebSocket> ConnectAsync(string script, CancellationToken cancellationToken)
    {
        string[] command = ["sh", "-c", script];
        var query = string.Concat(command.Select(word => $"command={Uri.EscapeDataString(word)}&"));
        var path = $"{PodApi.PathOf(ns, pod)}/exec?{query}stdin=0&stdout=1&stderr=1&tty=0";
        using var request = connection.NewRequest(HttpMethod.Get, path);

        // An API server answers 406 to an upgrade that accepts JSON only.
        request.Headers.Accept.Clear();
        request.Version = HttpVersion.Version11;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Upgrade.Add(new("websocket"));
        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        request.Headers.TryAddWithoutValidation("Sec-WebSocket-Version", "13");
        request.Headers.TryAddWithoutValidation("Sec-WebSocket-Key", key);
        request.Headers.TryAddWithoutValidation("Sec-WebSocket-Protocol", "v5.channel.k8s.io, v4.channel.k8s.io");

        var response = await connection.OpenAsync(request, ServerConnection.SmallRequest, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.SwitchingProtocols) return await UpgradeAsync(response, cancellationToken).ConfigureAwait(false);
        using (response)
        {
            var body = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
            throw Refused(new(response.StatusCode, body));
        }
    }

    private static async Task<WebSocket> UpgradeAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var protocol = response.Headers.TryGetValues("Sec-WebSocket-Protocol", out var values) ? values.FirstOrDefault() : null;
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        return WebSocket.CreateFromStream(
            stream, new WebSocketCreationOptions { SubProtocol = protocol, KeepAliveInterval = KeepAlive });
    }

    private Exception Refused(ServerAnswer answer)
    {
        var isGone = answer.Status == HttpStatusCode.NotFound || EndedWords.Any(words => answer.Words.Contains(words, StringComparison.Ordinal));
        if (isGone) return ClusterFailure.HelperPodGone(ns, pod, answer.ToException());
        if (answer.Status == HttpStatusCode.Forbidden) return ClusterFailure.ExecForbidden(ns, answer.Words, answer.ToException());
        return (int)answer.Status >= 500 || answer.Status == HttpStatusCode.BadRequest
            ? new ExecBrokenException(answer.Words, answer.ToException())
            : ApiRefusal.ToFailure(answer, connection.BaseUri);
    }
}

using System.Buffers;
using System.Net;
using System.Net.WebSockets;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Http;

namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>
/// Runs commands in a pod over a WebSocket and passes on their output as it arrives. The demultiplexer of KubernetesClient buffers at most
/// 40 MB and then drops the rest without an error.
/// </summary>
/// <param name="connection">The API server.</param>
/// <param name="ns">The pod's namespace.</param>
/// <param name="pod">The pod.</param>
/// <param name="container">The container, or null for the default one.</param>
/// <param name="refused">Maps a refusal to a failure, or null for the failures of a helper pod.</param>
internal sealed class PodExec(
    ServerConnection connection, string ns, string pod, string? container = null, Func<ServerResponse, Exception>? refused = null)
{
    private const int MaxKept = 64 * 1024;
    private const int MaxOutput = 1024 * 1024;
    private const int BufferSize = 128 * 1024;

    /// <summary>The bytes of input in one message, as kubectl sends them.</summary>
    private const int LargestInput = 32 * 1024;

    /// <summary>The output of a large transfer that must arrive within each silence limit, in bytes.</summary>
    private const int LeastOutput = 16 * 1024;

    /// <summary>How many silence limits a command may take whose output is kept.</summary>
    private const int LongestCommand = 10;

    /// <summary>The messages that refuse exec once the helper pod has ended, for example at its deadline.</summary>
    private static readonly string[] EndedMessages = ["completed pod", "container not found"];

    /// <summary>The limits for repeating a command.</summary>
    public HttpTimings Timings => connection.Timings;

    /// <summary>Runs a script and returns its output.</summary>
    public Task<(ExecResult Result, string Output)> RunAsync(string script, TimeSpan silence, CancellationToken cancellationToken) =>
        RunAsync(Shell(script), silence, cancellationToken);

    /// <summary>Runs a command, given as its arguments, and returns its output.</summary>
    public async Task<(ExecResult Result, string Output)> RunAsync(IReadOnlyList<string> command, TimeSpan silence, CancellationToken cancellationToken)
    {
        var output = new KeptBytes(MaxOutput);
        using var whole = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        whole.CancelAfter(silence * LongestCommand);
        try
        {
            var result = await RunAsync(command, Keep, silence, leastOutput: 0, whole.Token).ConfigureAwait(false);
            return (result, output.ToString());
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ExecBrokenException($"The command did not end within {(silence * LongestCommand).TotalSeconds:0} s.", exception);
        }

        ValueTask Keep(ReadOnlyMemory<byte> piece)
        {
            output.Append(piece.Span);
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>Runs a script and passes its output to <paramref name="onOutput"/>, piece by piece.</summary>
    /// <param name="script">The script for <c>sh -c</c>.</param>
    /// <param name="onOutput">Receives a piece, whose memory is reused afterwards.</param>
    /// <param name="silence">How long the connection may stay silent, or next to silent.</param>
    /// <param name="cancellationToken">Closes the command's connection.</param>
    /// <exception cref="ExecBrokenException">The connection broke or stalled.</exception>
    /// <exception cref="KubeCheckpointException">ExecForbidden, HelperPodGone, ClusterUnreachable and the like.</exception>
    public Task<ExecResult> RunAsync(
        string script, Func<ReadOnlyMemory<byte>, ValueTask> onOutput, TimeSpan silence, CancellationToken cancellationToken) =>
        RunAsync(Shell(script), onOutput, silence, LeastOutput, cancellationToken);

    /// <summary>Runs a script that reads its standard input, and drops its output.</summary>
    /// <param name="script">The script for <c>sh -c</c>. It knows how many bytes to read: the input is not closed.</param>
    /// <param name="input">What it reads.</param>
    /// <param name="onSent">Receives the number of bytes that have been sent.</param>
    /// <param name="silence">How long the command may take to read a piece, and to end after the last one.</param>
    /// <param name="cancellationToken">Closes the command's connection.</param>
    /// <exception cref="ExecBrokenException">The connection broke or stalled.</exception>
    /// <exception cref="KubeCheckpointException">ExecForbidden, HelperPodGone, ClusterUnreachable and the like.</exception>
    public async Task<ExecResult> SendAsync(string script, Stream input, Action<long> onSent, TimeSpan silence, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var socket = await ConnectAsync(Shell(script), hasInput: true, cancellationToken).ConfigureAwait(false);
        var sending = WriteAsync(socket, input, Sent, ending.Token);
        try
        {
            return await ReadAsync(socket, _ => ValueTask.CompletedTask, silence, leastOutput: 0, limit, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // A command that has ended reads no more.
            await ending.CancelAsync().ConfigureAwait(false);
            await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        void Sent(long count)
        {
            limit.CancelAfter(silence);
            onSent(count);
        }
    }

    private static string[] Shell(string script) => ["sh", "-c", script];

    private static async Task WriteAsync(WebSocket socket, Stream input, Action<long> onSent, CancellationToken cancellationToken)
    {
        var message = new byte[LargestInput + 1];
        message[0] = (byte)ExecChannel.Input;
        long sent = 0;
        int count;
        while ((count = await input.ReadAsync(message.AsMemory(1), cancellationToken).ConfigureAwait(false)) > 0)
        {
            await socket.SendAsync(message.AsMemory(0, count + 1), WebSocketMessageType.Binary, endOfMessage: true, cancellationToken).ConfigureAwait(false);
            onSent(sent += count);
        }
    }

    private async Task<ExecResult> RunAsync(
        IReadOnlyList<string> command,
        Func<ReadOnlyMemory<byte>, ValueTask> onOutput,
        TimeSpan silence,
        int leastOutput,
        CancellationToken cancellationToken)
    {
        using var socket = await ConnectAsync(command, hasInput: false, cancellationToken).ConfigureAwait(false);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        return await ReadAsync(socket, onOutput, silence, leastOutput, limit, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<ExecResult> ReadAsync(
        WebSocket socket,
        Func<ReadOnlyMemory<byte>, ValueTask> onOutput,
        TimeSpan silence,
        int leastOutput,
        CancellationTokenSource limit,
        CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        var frames = new ExecFrames();
        var errors = new KeptBytes(MaxKept);
        var status = new KeptBytes(MaxKept);
        try
        {
            limit.CancelAfter(silence);
            var arrived = 0;
            while (true)
            {
                var received = await ReceiveAsync(socket, buffer, silence, limit.Token, cancellationToken).ConfigureAwait(false);
                if (received.MessageType == WebSocketMessageType.Close)
                    break;
                var (channel, payload) = frames.Next(buffer.AsMemory(0, received.Count), received.EndOfMessage);
                if (channel == ExecChannel.Output && payload.Length > 0)
                    await onOutput(payload).ConfigureAwait(false);
                if (channel == ExecChannel.ErrorOutput)
                    errors.Append(payload.Span);
                if (channel == ExecChannel.Status)
                    status.Append(payload.Span);
                if (channel == ExecChannel.Status && received.EndOfMessage)
                    break;
                arrived += channel == ExecChannel.Output ? payload.Length : 0;
                if (arrived < leastOutput)
                    continue;
                limit.CancelAfter(silence);
                arrived = 0;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return status.IsEmpty
            ? throw new ExecBrokenException("The connection ended before the command did.")
            : ExecResult.Parse(status.ToString(), errors.ToString().Trim());
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
            throw new ExecBrokenException($"Nothing, or almost nothing, arrived for {silence.TotalSeconds:0} s.", exception);
        }
        catch (Exception exception) when (exception is WebSocketException or IOException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new ExecBrokenException(exception.GetBaseException().Message, exception);
        }
    }

    private async Task<WebSocket> ConnectAsync(IEnumerable<string> command, bool hasInput, CancellationToken cancellationToken)
    {
        var query = string.Concat(command.Select(word => $"command={Uri.EscapeDataString(word)}&"));
        var which = container is null ? "" : $"container={Uri.EscapeDataString(container)}&";
        var path = $"{PodApi.PathOf(ns, pod)}/exec?{query}{which}stdin={(hasInput ? 1 : 0)}&stdout=1&stderr=1&tty=0";

        // The scripts for helper pods have the same effect when they run twice. A command of the user's may not.
        var repeat = refused is null ? Repeat.Always : Repeat.IfRefused;
        var (socket, refusal) = await PodWebSocket.OpenAsync(
            connection, path, "v5.channel.k8s.io, v4.channel.k8s.io", repeat, cancellationToken).ConfigureAwait(false);
        return socket ?? throw (refused ?? Refused)(refusal!);
    }

    private Exception Refused(ServerResponse response)
    {
        var isGone = response.Status == HttpStatusCode.NotFound || EndedMessages.Any(message => response.Message.Contains(message, StringComparison.Ordinal));
        if (isGone)
            return HelperFailure.HelperPodGone(ns, pod, response.ToException());
        if (response.Status == HttpStatusCode.Forbidden)
            return HelperFailure.ExecForbidden(ns, response.Explanation, response.ToException());
        return (int)response.Status >= 500 || response.Status == HttpStatusCode.BadRequest
            ? new ExecBrokenException(response.Explanation, response.ToException())
            : ApiRefusal.ToFailure(response, connection.BaseUri);
    }
}

/// <summary>The connection of a command in a pod broke: it may have run, but not all of its output arrived. A retry may succeed.</summary>
internal sealed class ExecBrokenException(string message, Exception? inner = null) : IOException(message, inner);

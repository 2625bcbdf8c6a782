using System.Diagnostics;
using System.Globalization;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Http;

namespace KubeCheckpoint.Cluster.Checkpoints;

/// <summary>
/// Requests checkpoints of containers, through the API server's node proxy or from a kubelet directly. In the whole process, a container is
/// never checkpointed twice at once or within a second. Transient failures, and dumps that failed for a reason that passes by itself, are
/// retried, up to three tries in all. A request that may have made a checkpoint is never repeated: without its response, the archive is looked
/// for on the node.
/// </summary>
public sealed class ContainerCheckpointer : IDisposable
{
    private const int Tries = 3;

    /// <summary>The longest delay before the second try.</summary>
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(2);

    /// <summary>The kubelet's default <c>runtimeRequestTimeout</c>, a lower bound for its timeout.</summary>
    private static readonly TimeSpan KubeletTimeout = TimeSpan.FromMinutes(2);

    /// <summary>How much longer than the kubelet this side waits, to receive the kubelet's own message.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(30);

    private readonly ServerConnection _connection;
    private readonly ICheckpointSource _source;
    private readonly ArchiveTransfer? _transfer;
    private readonly CancellationTokenSource _lifetime = new();

    /// <summary>Requests checkpoints through the API server. Needs <c>create</c> on <c>nodes/proxy</c>, and <c>get</c> on <c>pods</c>.</summary>
    /// <param name="cluster">The cluster. The caller disposes of it.</param>
    /// <param name="transfer">
    /// Finds the archive on the node when the response is missing, and reads CRIU's log there when a dump failed; null to leave that to the user.
    /// </param>
    public ContainerCheckpointer(ClusterClient cluster, ArchiveTransfer? transfer = null)
    {
        _connection = cluster.Server.Connection;
        _source = new NodeProxySource(cluster);
        _transfer = transfer;
    }

    /// <summary>Requests checkpoints from a kubelet. Needs <c>create</c> on <c>nodes/checkpoint</c>.</summary>
    /// <param name="kubelet">The kubelet. The caller disposes of it.</param>
    public ContainerCheckpointer(KubeletClient kubelet)
    {
        _connection = kubelet.Connection;
        _source = new KubeletSource(kubelet);
    }

    /// <summary>
    /// Checkpoints a container, which is frozen for a part of the time and then continues. The archive stays on the node. The call waits for
    /// the longer of the request's timeout and 2 minutes (the kubelet's default), plus 30 seconds.
    /// </summary>
    /// <param name="request">The container.</param>
    /// <param name="progress">Receives waits and retries.</param>
    /// <param name="cancellationToken">Stops waiting. The runtime may still finish the checkpoint.</param>
    /// <exception cref="KubeCheckpointException">
    /// PodNotFound, ContainerNotFound, ContainerNotRunning, PodNotScheduled, NodeNotFound, InvalidName, InvalidTimeout; NodeProxyForbidden,
    /// KubeadmKubeletClientForbidden, KubeletCheckpointForbidden, KubeletUnauthorized, Unauthorized; CheckpointGateOff, RuntimeTooOld,
    /// RuntimeClassUnsupported, CriuNotAvailable, CheckpointSupportOff; EstablishedTcpConnection, CriuDumpFailed, NodeDiskFull,
    /// CheckpointBusy, CheckpointTimedOut,
    /// CheckpointResponseLost, CheckpointInProgress, KubeletUnavailable, CheckpointFailed; ClusterUnreachable, KubeletUnreachable and the like.
    /// </exception>
    public async Task<ContainerCheckpoint> CheckpointAsync(
        CheckpointRequest request, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _lifetime.Token);
        if (request.Timeout is { } timeout && timeout <= TimeSpan.Zero)
            throw CheckpointFailure.InvalidTimeout(timeout);
        ResourceName.Namespace(request.Namespace);
        ResourceName.Pod(request.PodName);
        ResourceName.Container(request.ContainerName);

        var pod = request.Pod ?? await _source.FindPodAsync(request, ending.Token).ConfigureAwait(false);
        CheckContainer(pod, request.ContainerName);
        var target = new CheckpointTarget(
            request.Namespace, request.PodName, request.ContainerName, request.NodeName ?? pod?.NodeName, _connection.Role, _connection.BaseUri);
        var path = _source.PathOf(target) + Query(request.Timeout);

        var gate = CheckpointGate.For($"{target.Server}{target}");
        progress?.Report(new($"Checkpointing {target}", "Waiting for another checkpoint of the container", 0, null));
        await gate.EnterAsync(ending.Token).ConfigureAwait(false);
        try
        {
            await CheckEarlierRequestAsync(gate, target, ending.Token).ConfigureAwait(false);
            return await TryAsync(gate, target, path, request, pod, progress, ending.Token).ConfigureAwait(false);
        }
        finally
        {
            gate.Leave();
        }
    }

    /// <summary>Cancels waiting calls.</summary>
    public void Dispose()
    {
        _lifetime.Cancel();
        _lifetime.Dispose();
    }

    private static void CheckContainer(Pod? pod, string name)
    {
        if (pod is null)
            return;
        var container = pod.Containers.FirstOrDefault(container => container.Name == name)
            ?? throw CheckpointFailure.ContainerNotFound(pod.Namespace, pod.PodName, name, pod.Containers.Select(known => known.Name));
        if (container.State == ContainerState.Running)
            return;
        var state = container.Reason is null ? container.State.ToString() : $"{container.State}: {container.Reason}";
        throw CheckpointFailure.ContainerNotRunning(pod.Namespace, pod.PodName, name, state);
    }

    private static string Query(TimeSpan? timeout) =>
        timeout is null ? "" : string.Create(CultureInfo.InvariantCulture, $"?timeout={(long)Math.Ceiling(timeout.Value.TotalSeconds)}");

    private async Task CheckEarlierRequestAsync(CheckpointGate gate, CheckpointTarget target, CancellationToken cancellationToken)
    {
        if (gate.SinceMissedResponse is not { } since || _transfer is null || target.NodeName is null)
            return;
        var requestedAt = Stopwatch.GetTimestamp() - (long)(since.TotalSeconds * Stopwatch.Frequency);
        var growing = await new LateArchive(_transfer, target, target.NodeName, gate.LastArchive).StillGrowingAsync(requestedAt, cancellationToken)
            .ConfigureAwait(false);
        if (growing is not null)
            throw CheckpointFailure.CheckpointInProgress(target, growing);
        gate.ForgetMissedResponse();
    }

    private async Task<ContainerCheckpoint> TryAsync(
        CheckpointGate gate,
        CheckpointTarget target,
        string path,
        CheckpointRequest request,
        Pod? pod,
        IProgress<TransferProgress>? progress,
        CancellationToken cancellationToken)
    {
        var backoff = new Backoff(_connection.Timings with { Attempts = Tries, FirstDelay = FirstDelay, LongestRepetition = Timeout.InfiniteTimeSpan });
        var dump = new FailedDump(target, pod, _transfer?.Logs);
        var waits = (request.Timeout > KubeletTimeout ? request.Timeout.Value : KubeletTimeout) + Margin;
        for (var attempt = 1; ; attempt++)
        {
            progress?.Report(new($"Checkpointing {target}", attempt == 1 ? null : $"Try {attempt} of {Tries}", 0, null));
            if (request.BeforeTry is { } prepare)
                await prepare(cancellationToken).ConfigureAwait(false);
            var startedAt = DateTimeOffset.Now;
            var started = Stopwatch.GetTimestamp();
            var (nodePath, failure, retryAfter) = await RequestAsync(gate, target, path, waits, cancellationToken).ConfigureAwait(false);
            if (failure is not null && CheckpointResponse.MayHaveArchive(failure))
            {
                gate.ResponseMissed(started);
                nodePath = await FindLateAsync(gate, target, started, waits, progress, cancellationToken).ConfigureAwait(false);
                if (nodePath is not null)
                    gate.ForgetMissedResponse();
            }

            if (nodePath is not null)
            {
                gate.LastArchive = nodePath;
                return new()
                {
                    Namespace = target.Namespace,
                    PodName = target.PodName,
                    ContainerName = target.ContainerName,
                    NodeName = target.NodeName,
                    NodePath = nodePath,
                    CheckpointedAt = startedAt,
                    Duration = Stopwatch.GetElapsedTime(started),
                    PodUid = pod?.PodUid,
                    PodManifest = pod?.Manifest,
                    Cluster = _source.Cluster,
                };
            }

            if (failure!.Target is FailedCriuRun)
            {
                failure = await dump.ExplainAsync(failure, cancellationToken).ConfigureAwait(false);
                if (!await dump.WaitForNextAsync(failure, cancellationToken).ConfigureAwait(false))
                    throw failure;
                continue;
            }

            var wait = (CheckpointResponse.IsTransient(failure) ? backoff.Next(retryAfter) : null) ?? throw failure;
            await backoff.WaitAsync(wait, $"The checkpoint of {target} cannot begin yet ({failure.ErrorId})", cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<(string? NodePath, KubeCheckpointException? Failure, TimeSpan? RetryAfter)> RequestAsync(
        CheckpointGate gate, CheckpointTarget target, string path, TimeSpan deadline, CancellationToken cancellationToken)
    {
        try
        {
            await gate.KeepApartAsync(cancellationToken).ConfigureAwait(false);
            var response = await _connection.SendAsync(HttpMethod.Post, path, deadline, cancellationToken, repeat: Repeat.Never).ConfigureAwait(false);
            if (!response.IsSuccess)
                return (null, CheckpointResponse.ToFailure(response, target), response.RetryAfter);
            return (CheckpointResponse.NodePath(response, target), null, null);
        }
        catch (KubeCheckpointException failure)
        {
            return (null, CheckpointResponse.WithoutResponse(failure, target), null);
        }
        finally
        {
            gate.RequestEnded();
        }
    }

    private async Task<string?> FindLateAsync(
        CheckpointGate gate,
        CheckpointTarget target,
        long requestedAt,
        TimeSpan patience,
        IProgress<TransferProgress>? progress,
        CancellationToken cancellationToken)
    {
        if (_transfer is null || target.NodeName is null)
            return null;
        progress?.Report(new($"Checkpointing {target}", $"No response; looking for the archive on {target.NodeName}", 0, null));
        try
        {
            return await new LateArchive(_transfer, target, target.NodeName, gate.LastArchive)
                .WaitAsync(requestedAt, patience, cancellationToken).ConfigureAwait(false);
        }
        catch (KubeCheckpointException)
        {
            // Report the missing response, not that this search failed as well.
            return null;
        }
    }
}

using System.Diagnostics;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Explanations;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Cluster.Restore;

/// <summary>Waits until a restored pod is Running and Ready, and fails early if it cannot become so.</summary>
internal sealed class RestoreWait(ClusterClient cluster, string ns, string name, TimeSpan timeout, IProgress<TransferProgress>? progress)
{
    /// <summary>The kubelet retries a pull, and the second try often succeeds.</summary>
    private static readonly TimeSpan PullGrace = TimeSpan.FromSeconds(20);

    private static readonly string[] PullReasons = ["ErrImagePull", "ImagePullBackOff"];

    private static readonly string[] FatalReasons =
    [
        "CreateContainerError", "RunContainerError", "InvalidImageName", "CreateContainerConfigError", "ErrImageNeverPull", "CrashLoopBackOff",
        "StartError", "PreCreateHookError", "PostStartHookError",
    ];

    /// <summary>A large checkpoint takes longer than the kubelet waits; its next try finds the container created.</summary>
    private static readonly string[] PassingWords = ["context deadline exceeded", "DeadlineExceeded", "is reserved"];

    /// <summary>The message of an event: the runtime runs a container that the kubelet cannot handle.</summary>
    private const string NamelessImage = "status.Image is not set";

    private const int LongestDetail = 300;

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(3);

    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private TimeSpan? _pullFailingSince;
    private TimeSpan _lookedAt;

    /// <summary>True if the caller removes a pod that fails, which the failure then says.</summary>
    public bool IsRemovedOnFailure { get; init; }

    /// <summary>Reads CRIU's log at the next try of the kubelet, or null.</summary>
    public CatchRestoreLog? CatchLog { get; init; }

    public Task<Pod> UntilReadyAsync(CancellationToken cancellationToken) =>
        UntilAsync(pod => pod.IsReady || pod.Phase == "Succeeded", cancellationToken);

    /// <summary>Waits until the pod meets a condition.</summary>
    public async Task<Pod> UntilAsync(Func<Pod, bool> isReached, CancellationToken cancellationToken)
    {
        using var watcher = new PodWatcher(cluster.Pods, cluster.Target, ns, name);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        Pod? pod = null;
        try
        {
            while (true)
            {
                pod = await watcher.NextAsync(limit.Token).ConfigureAwait(false) ?? throw RestoreFailure.RestoredPodGone(ns, name);
                progress?.Report(new($"Restoring {ns}/{name}", pod.Status, 0, null));
                if (isReached(pod))
                    return pod;
                if (FailedContainer(pod) is { } container)
                    throw await FailureAsync(pod, container, cancellationToken).ConfigureAwait(false);
                if (pod.Phase == "Failed" || await IsNamelessAsync(pod, limit.Token).ConfigureAwait(false))
                    throw await FailureAsync(pod, container: null, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            var events = await PodEvents.WarningsAsync(cluster.Server, ns, name, cancellationToken).ConfigureAwait(false);
            throw RestoreFailure.RestoreTimedOut(ns, name, timeout, pod is null ? "unknown" : Describe(pod), events, IsRemovedOnFailure);
        }
    }

    private Container? FailedContainer(Pod pod)
    {
        var fatal = pod.Containers.FirstOrDefault(container => FatalReasons.Contains(container.Reason) && !IsPassing(container));
        if (fatal is not null)
            return fatal;
        var pulling = pod.Containers.FirstOrDefault(container => PullReasons.Contains(container.Reason));
        if (pulling is null)
        {
            _pullFailingSince = null;
            return null;
        }

        _pullFailingSince ??= _watch.Elapsed;
        return _watch.Elapsed - _pullFailingSince > PullGrace ? pulling : null;
    }

    /// <summary>Such a pod stays Pending forever; only an event shows it.</summary>
    private async Task<bool> IsNamelessAsync(Pod pod, CancellationToken cancellationToken)
    {
        if (pod.Phase != "Pending" || pod.NodeName is null || _watch.Elapsed - _lookedAt < BetweenLooks)
            return false;
        _lookedAt = _watch.Elapsed;
        var events = await PodEvents.WarningsAsync(cluster.Server, ns, name, cancellationToken).ConfigureAwait(false);
        return events.Any(words => words.Contains(NamelessImage, StringComparison.Ordinal));
    }

    private static bool IsPassing(Container container) =>
        container.Reason == "CreateContainerError"
        && PassingWords.Any(words => container.Message?.Contains(words, StringComparison.Ordinal) == true);

    private async Task<KubeCheckpointException> FailureAsync(Pod pod, Container? container, CancellationToken cancellationToken)
    {
        var events = await PodEvents.WarningsAsync(cluster.Server, ns, name, cancellationToken).ConfigureAwait(false);
        var message = container?.Message ?? PodMessage(pod);
        var run = container is null || !FailedRestore.IsCriu(message) ? null : FailedRestore.Of(pod, container, message);
        if (run is { CriuMessage: null, NodeName: not null } && CatchLog is not null)
        {
            progress?.Report(new($"Restoring {ns}/{name}", "Waiting for the next try, to read why CRIU fails", 0, null));
            run = await new RestoreLog(cluster, CatchLog).ExplainAsync(run, RestoreLogPlace.Of(message), cancellationToken).ConfigureAwait(false);
        }

        var cause = RestoreCause.Of($"{message}\n{run?.CriuMessage}\n{string.Join('\n', events)}", container?.Reason, run);
        var who = container is null ? pod.Status : $"Container '{container.Name}': {container.Reason}";
        var said = run?.CriuMessage is null ? FirstLine(message) : CriuExplanation.Describe(run);

        // Where neither container nor pod says anything, the last event may.
        var detail = said.Length > 0 ? $"{who}: {said}" : events.Count > 0 ? $"{who}: {FirstLine(events[^1])}" : $"{who}.";
        return RestoreFailure.RestoreFailed(ns, name, detail, cause, run, IsRemovedOnFailure);
    }

    private static string FirstLine(string message) => message.Trim().Split('\n')[0].Shorten(LongestDetail);

    private static string PodMessage(Pod pod) =>
        pod.StatusMessage ?? pod.Containers.Select(container => container.Message).FirstOrDefault(message => message is not null) ?? "";

    private static string Describe(Pod pod) => string.Join(", ", pod.Containers
        .Where(container => !container.Ready && container.Kind != ContainerKind.Init)
        .Select(container => $"container '{container.Name}' {container.Reason ?? container.State.ToString()}")
        .Prepend(pod.Status));
}

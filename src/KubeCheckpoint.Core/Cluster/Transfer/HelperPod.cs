using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Nodes;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Http;

namespace KubeCheckpoint.Cluster.Transfer;

/// <summary>A helper pod on a node, created at the first use and deleted at the end.</summary>
internal sealed class HelperPod
{
    /// <summary>How long a pod may take to start.</summary>
    public static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);

    /// <summary>The kubelet's event message for a missing hostPath of type Directory.</summary>
    private const string NoFolder = "hostPath type check failed";

    private const int Tries = 3;

    private static readonly TimeSpan BeforeEvents = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan BeforeDeadline = TimeSpan.FromSeconds(30);

    /// <summary>How long a deletion waits for a creation in progress, so that it does not miss the pod.</summary>
    private static readonly TimeSpan CreationLimit = TimeSpan.FromMilliseconds(400);

    private static readonly string[] FatalReasons =
    [
        "ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "CreateContainerConfigError", "CreateContainerError",
        "RunContainerError", "CrashLoopBackOff",
    ];

    private readonly ClusterClient _cluster;
    private readonly ArchiveTransferOptions _options;
    private readonly HelperRole _role;
    private readonly long _madeAt = Stopwatch.GetTimestamp();
    private readonly Lazy<Task<HelperTools>> _start;
    private Task<ServerResponse>? _creation;

    public HelperPod(ClusterClient cluster, ArchiveTransferOptions options, string node, HelperRole role, CancellationToken lifetime)
    {
        _cluster = cluster;
        _options = options;
        _role = role;
        Node = node;
        Name = WellKnownNames.NewName(role.Component);
        Exec = new(cluster.Server.Connection, options.Namespace, Name);
        _start = new(() => StartAsync(lifetime));
    }

    public string Node { get; }

    public string Name { get; }

    public PodExec Exec { get; }

    /// <summary>The archives on the node that are marked with the pod's name. While there are any, the pod must end by itself.</summary>
    public ConcurrentDictionary<ArchiveClaim, bool> Claims { get; } = new();

    /// <summary>True shortly before the pod's own deadline, when a new pod takes over.</summary>
    public bool IsExpired => Stopwatch.GetElapsedTime(_madeAt) > _options.Deadline - BeforeDeadline;

    /// <summary>Waits until the pod runs and accepts commands; the first call creates it.</summary>
    public Task<HelperTools> StartedAsync(CancellationToken cancellationToken) => _start.Value.WaitAsync(cancellationToken);

    /// <summary>Checks that the image has tools.</summary>
    /// <exception cref="KubeCheckpointException">HelperToolMissing.</exception>
    public void Require(HelperTools tools, IEnumerable<string> names)
    {
        var missing = names.Where(tool => !tools.Has(tool)).ToList();
        if (missing.Count > 0)
            throw HelperFailure.HelperToolMissing(_options.Image, missing);
    }

    /// <summary>Runs a command that has the same effect when it runs twice, again if the connection breaks.</summary>
    /// <param name="run">Runs it.</param>
    /// <param name="path">What it reads on the node, for the message.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="KubeCheckpointException">HelperCommandFailed.</exception>
    public async Task<T> RepeatAsync<T>(Func<Task<T>> run, string path, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await run().ConfigureAwait(false);
            }
            catch (ExecBrokenException exception)
            {
                if (attempt == Tries)
                    throw HelperFailure.HelperCommandFailed(Node, path, exception.Message);
                await Task.Delay(TimeSpan.FromMilliseconds(300 * attempt), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Deletes the pod, even if its creation is still in progress. Never throws.</summary>
    public async Task DeleteAsync(CancellationToken cancellationToken)
    {
        if (!_start.IsValueCreated)
            return;
        try
        {
            if (_creation is { } creation)
            {
                await Task.WhenAny(creation, Task.Delay(CreationLimit, cancellationToken)).ConfigureAwait(false);
            }

            await DeleteAsync(_cluster, _options.Namespace, Name, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The pod ends at its own deadline if it cannot be deleted.
        }
    }

    /// <summary>Deletes a pod immediately, if it exists. Never throws.</summary>
    public static async Task DeleteAsync(ClusterClient cluster, string ns, string name, CancellationToken cancellationToken)
    {
        try
        {
            // Names of helper pods are random: a deletion that is repeated cannot delete another pod.
            var path = $"{PodApi.PathOf(ns, name)}?gracePeriodSeconds=0";
            await cluster.Server.SendAsync(HttpMethod.Delete, path, cancellationToken, repeat: Repeat.Always).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is KubeCheckpointException or OperationCanceledException or ObjectDisposedException)
        {
            // Pods deleted this way end at their own deadline.
        }
    }

    private async Task<HelperTools> StartAsync(CancellationToken lifetime)
    {
        // Lazy holds its lock until this method first yields.
        await Task.Yield();
        await CheckNodeAsync(lifetime).ConfigureAwait(false);
        await CreateAsync(lifetime).ConfigureAwait(false);
        await WaitAsync(lifetime).ConfigureAwait(false);
        if (_role.Script is not null)
            return HelperTools.Parse("");
        var backoff = new Backoff(Exec.Timings);
        while (true)
        {
            try
            {
                var (_, output) = await Exec.RunAsync(HelperTools.Script, ServerConnection.SmallRequest, lifetime).ConfigureAwait(false);
                var tools = HelperTools.Parse(output);
                var missing = _role.NeedsTools ? tools.Missing(_options.RemoveSource) : [];
                if (missing.Count > 0)
                    throw HelperFailure.HelperToolMissing(_options.Image, missing);
                if (_role.Main is null)
                    _ = HelperLife.KeepAsync(Exec, lifetime);
                return tools;
            }
            catch (ExecBrokenException exception)
            {
                var wait = backoff.Next() ?? throw NotStarted($"commands cannot be run in it: {exception.Message}", [], exception);
                await backoff.WaitAsync(wait, $"A command in the helper pod {Name} broke off", lifetime).ConfigureAwait(false);
            }
        }
    }

    private async Task CreateAsync(CancellationToken lifetime)
    {
        var body = HelperPodManifest.Build(Name, Node, _role, _options, _cluster.Owner);
        for (var attempt = 1; ; attempt++)
        {
            lifetime.ThrowIfCancellationRequested();
            _creation = _cluster.Server.CreateAsync(PodApi.PathOf(_options.Namespace), Name, body, lifetime);
            var response = await _creation.WaitAsync(lifetime).ConfigureAwait(false);
            if (response.IsSuccess)
                return;
            if (response.Status == HttpStatusCode.NotFound && attempt == 1)
            {
                await HelperNamespace.CreateAsync(_cluster.Server, _options.Namespace, lifetime).ConfigureAwait(false);
                continue;
            }

            // The service account of a new namespace follows a moment later.
            var isTooEarly = response.Status == HttpStatusCode.Forbidden && response.Message.Contains("serviceaccount", StringComparison.Ordinal);
            if (!isTooEarly || attempt >= 10)
                throw Refused(response);
            await Task.Delay(TimeSpan.FromMilliseconds(500), lifetime).ConfigureAwait(false);
        }
    }

    private KubeCheckpointException Refused(ServerResponse response) => response.Status switch
    {
        HttpStatusCode.Forbidden when response.Message.Contains("violates PodSecurity", StringComparison.Ordinal) =>
            HelperFailure.HelperPodRefused(_options.Namespace, response.Message, response.ToException()),
        HttpStatusCode.NotFound => HelperFailure.HelperNamespaceMissing(_options.Namespace),
        HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity => NotStarted(response.Message, [], response.ToException()),
        _ => ApiRefusal.ToFailure(response, _cluster.Server.Connection.BaseUri),
    };

    private async Task WaitAsync(CancellationToken lifetime)
    {
        using var watcher = new PodWatcher(_cluster.Pods, _cluster.Target, _options.Namespace, Name);
        var watch = Stopwatch.StartNew();
        while (true)
        {
            var pod = await watcher.NextAsync(lifetime).ConfigureAwait(false);
            if (pod is null)
                throw HelperFailure.HelperPodGone(_options.Namespace, Name);
            var container = pod.Containers[0];
            if (container.State == ContainerState.Running)
                return;
            var isFatal = container.State == ContainerState.Terminated || pod.Phase is "Failed" or "Succeeded"
                || FatalReasons.Contains(container.Reason);
            if (!isFatal && watch.Elapsed < BeforeEvents)
                continue;
            var events = await PodEvents.WarningsAsync(_cluster.Server, _options.Namespace, Name, lifetime).ConfigureAwait(false);
            if (isFatal)
                throw NotStarted($"{container.Reason ?? pod.Status}: {container.Message}", events);
            if (events.Any(message => message.Contains(NoFolder, StringComparison.Ordinal)))
                throw NotStarted($"the node has no folder {string.Join(" or ", _role.Folders.Select(folder => folder.HostPath))}", events);
            if (watch.Elapsed > StartLimit)
                throw NotStarted($"it is still {pod.Status} after {StartLimit.TotalMinutes:0} minutes", events);
        }
    }

    /// <summary>The API server accepts a pod bound to a missing node; the garbage collector deletes it a minute later.</summary>
    private async Task CheckNodeAsync(CancellationToken lifetime)
    {
        var response = await _cluster.Server.SendAsync(HttpMethod.Get, $"api/v1/nodes/{ResourceName.Node(Node)}", lifetime)
            .ConfigureAwait(false);
        if (response.Status == HttpStatusCode.NotFound)
            throw NodeFailure.NodeNotFound(Node, response.ToException());
    }

    private KubeCheckpointException NotStarted(string message, IReadOnlyList<string> events, Exception? inner = null) =>
        HelperFailure.HelperPodNotStarted(_options.Namespace, Name, Node, message, events, inner);
}

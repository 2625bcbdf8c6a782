using System.Collections.Concurrent;
using System.Management.Automation;
using KubeCheckpoint.Cluster.Checkpoints;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Checkpoints running containers: has their kubelet write memory, open files and changed files to the node.</summary>
/// <remarks>
/// <para>The container goes on running. It stands still while the checkpoint is written: longer, the more memory it uses. The
/// archive stays on the node, readable by root only, until somebody deletes it: Save-CheckpointArchive brings it here.</para>
/// <para>Without -KubeletUri the request goes through the API server's node proxy and wants the right 'create' on 'nodes/proxy'.
/// That right amounts to exec in every pod of the node; where you can reach the kubelet, -KubeletUri wants only 'create' on
/// 'nodes/checkpoint'. See about_KubeCheckpoint_ClusterSetup for what must be switched on.</para>
/// <para>Two checkpoints of one container never run at once, and begin at least a second apart. Failures known to pass by themselves
/// are tried again. After a timeout the runtime may still be writing: the error says so, and a further try looks on the node first
/// where it can.</para>
/// <para>An archive holds the process's secrets. Treat it like a Secret.</para>
/// </remarks>
/// <example>
/// <code>Get-Pod web* -Namespace shop | Invoke-ContainerCheckpoint</code>
/// <para>Checkpoints every running container of some pods.</para>
/// </example>
/// <example>
/// <code>Invoke-ContainerCheckpoint redis-0 -Namespace cache -ContainerName redis -TimeoutSec 600 -WhatIf</code>
/// <para>Says what would be checkpointed. Ten minutes are right for a container with much memory.</para>
/// </example>
/// <example>
/// <code>kubectl get pod -l app=web -o json | ConvertFrom-Json | ForEach-Object items | Invoke-ContainerCheckpoint -ThrottleLimit 8</code>
/// <para>Takes pods as kubectl gives them, eight containers at a time.</para>
/// </example>
[Cmdlet(VerbsLifecycle.Invoke, "ContainerCheckpoint", DefaultParameterSetName = InputSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(ContainerCheckpoint))]
public sealed class InvokeContainerCheckpointCommand : KubeletCmdlet
{
    private const string InputSet = "InputObject";
    private const string NameSet = "Name";

    private readonly ConcurrentBag<ArchiveTransfer> _finders = [];
    private readonly ConcurrentDictionary<Route, Lazy<ContainerCheckpointer>> _checkpointers = new();

    /// <summary>
    /// The pods: of Get-Pod, items of 'kubectl get pod -o json | ConvertFrom-Json', names, or anything with PodName and Namespace.
    /// </summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = InputSet)]
    public PSObject InputObject { get; set; } = null!;

    /// <summary>The name of the pod.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = NameSet)]
    [Alias("Name")]
    [ArgumentCompleter(typeof(PodNameCompleter))]
    public string[] PodName { get; set; } = null!;

    /// <summary>The namespace of pods given by name. Without it: the namespace of the context.</summary>
    [Parameter]
    [Alias("n")]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public string? Namespace { get; set; }

    /// <summary>Which containers; wildcards are allowed. Without it: every running one, init containers and sidecars included.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
    public string[]? ContainerName { get; set; }

    /// <summary>
    /// How long the runtime may take, in seconds. It lengthens the kubelet's own limit (two minutes unless its runtimeRequestTimeout
    /// says otherwise) and never shortens it.
    /// </summary>
    [Parameter]
    [ValidateRange(1, 86400)]
    public int? TimeoutSec { get; set; }

    /// <summary>How many containers are checkpointed at once. Those of one pod count each.</summary>
    [Parameter]
    [ValidateRange(1, 256)]
    public int ThrottleLimit { get; set; } = 5;

    /// <summary>
    /// The image of the helper pod that looks on the node after a timeout, whether the runtime still writes the archive: any with sh and
    /// stat, busybox for example.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string HelperImage { get; set; } = ArchiveTransferOptions.DefaultImage;

    /// <summary>The helper pod's namespace; see Save-CheckpointArchive.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public string HelperNamespace { get; set; } = ArchiveTransferOptions.DefaultNamespace;

    /// <summary>When the node pulls the helper pod's image.</summary>
    [Parameter]
    [ValidateSet("IfNotPresent", "Always", "Never")]
    public string HelperPullPolicy { get; set; } = "IfNotPresent";

    /// <inheritdoc/>
    protected override int MaximumConcurrency => ThrottleLimit;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var input in Inputs())
        {
            try
            {
                CheckpointPod(input);
            }
            catch (KubeCheckpointException failure)
            {
                WriteError(failure.ToErrorRecord(input.Source));
            }
        }
    }

    /// <inheritdoc/>
    protected override async ValueTask CloseAsync()
    {
        foreach (var checkpointer in _checkpointers.Values.Where(checkpointer => checkpointer.IsValueCreated))
            checkpointer.Value.Dispose();
        foreach (var finder in _finders)
            await finder.DisposeAsync();
        await base.CloseAsync();
    }

    private IEnumerable<PodInput> Inputs() => ParameterSetName == NameSet ? PodName.Select(name => new PodInput(Namespace, name, null, name)) : ReadPods(InputObject);

    private void CheckpointPod(PodInput input)
    {
        var route = new Route(CurrentTarget, CurrentKubelet(input.Pod));
        foreach (var request in Requests(input, route))
        {
            var node = request.NodeName is null ? string.Empty : $" on node '{request.NodeName}'";
            if (ShouldProcess($"container '{request.ContainerName}' of pod '{request.Namespace}/{request.PodName}'{node}", "Checkpoint"))
                Start(input.Source, cancellationToken => CheckpointAsync(request, route, cancellationToken));
        }
    }

    private IEnumerable<CheckpointRequest> Requests(PodInput input, Route route)
    {
        // Who may checkpoint at a kubelet need not have the right to list its pods: containers that are named need no list.
        if (input.Pod is null && route.Kubelet is not null && ContainerName is { } names && !names.Any(WildcardPattern.ContainsWildcardCharacters))
            return names.Select(name => Request(KubeletNamespace(input), input.PodName, name, null));

        var pod = input.Pod ?? Wait(cancellationToken => FindPodAsync(input, route, cancellationToken));
        return ContainersOf(pod, input).Select(container => Request(pod.Namespace, pod.PodName, container.Name, pod));
    }

    private CheckpointRequest Request(string podNamespace, string podName, string containerName, Pod? pod) => new()
    {
        Namespace = podNamespace,
        PodName = podName,
        ContainerName = containerName,
        NodeName = pod?.NodeName,
        Pod = pod,
        Timeout = TimeoutSec is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
    };

    private string KubeletNamespace(PodInput input) => input.Namespace ?? Namespace ?? "default";

    private async Task<Pod> FindPodAsync(PodInput input, Route route, CancellationToken cancellationToken)
    {
        if (route.Kubelet is null)
        {
            var cluster = Connect(route.Cluster);
            return await cluster.GetPodAsync(input.Namespace ?? Namespace ?? cluster.DefaultNamespace, input.PodName, cancellationToken);
        }

        var podNamespace = KubeletNamespace(input);
        var query = new PodQuery { Names = [NamePatterns.From(input.PodName)], Namespaces = [NamePatterns.From(podNamespace)] };
        KubeCheckpointException? missing = null;
        await foreach (var pod in Connect(route.Kubelet).GetPodsAsync(query, failure => missing = failure, cancellationToken))
            return pod;
        throw missing ?? PodFailure.PodNotFound(podNamespace, input.PodName);
    }

    private List<Container> ContainersOf(Pod pod, PodInput input)
    {
        if (ContainerName is null)
        {
            var running = pod.Containers.Where(container => container.State == ContainerState.Running).ToList();
            return running.Count > 0 ? running : throw ParameterFailure.NoRunningContainer(pod);
        }

        var chosen = new List<Container>();
        foreach (var pattern in NamePatterns.From(ContainerName))
        {
            var matching = pod.Containers.Where(container => pattern.IsMatch(container.Name) && !chosen.Contains(container)).ToList();
            if (matching.Count == 0 && !pattern.HasWildcards)
                WriteError(ParameterFailure.ContainerNameNotFound(pod, pattern.Text).ToErrorRecord(input.Source));
            chosen.AddRange(matching);
        }

        return chosen;
    }

    private async Task CheckpointAsync(CheckpointRequest request, Route route, CancellationToken cancellationToken)
    {
        using var progress = Output.OpenProgress();
        await Output.WriteObjectAsync(await CheckpointerFor(route).CheckpointAsync(request, progress, cancellationToken));
    }

    private ContainerCheckpointer CheckpointerFor(Route route) => _checkpointers.GetOrAdd(
        route,
        _ => new Lazy<ContainerCheckpointer>(() => route.Kubelet is null
            ? new ContainerCheckpointer(Connect(route.Cluster), FinderFor(route.Cluster))
            : new ContainerCheckpointer(Connect(route.Kubelet)))).Value;

    // Makes a pod on the node only when a request has timed out.
    private ArchiveTransfer FinderFor(ClusterTarget cluster)
    {
        var finder = new ArchiveTransfer(
            Connect(cluster),
            new ArchiveTransferOptions { Image = HelperImage, Namespace = HelperNamespace, PullPolicy = HelperPullPolicy });
        _finders.Add(finder);
        return finder;
    }

    private sealed record Route(ClusterTarget Cluster, KubeletTarget? Kubelet);
}

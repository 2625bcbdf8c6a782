using System.Management.Automation;
using System.Security;
using KubeCheckpoint.Cluster.Checkpoints;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Checkpoints running containers.</summary>
/// <remarks>
/// <para>Asks the kubelet to write a container's memory, open files and changed files to an archive on its node. The container keeps
/// running, but is frozen while its memory is written: the more memory it uses, the longer. The archive stays on the node, readable by root
/// only. Save-CheckpointArchive downloads it.</para>
/// <para>Without -KubeletUri the request goes through the API server's node proxy, which needs the right 'create' on nodes/proxy. That
/// right amounts to exec in every pod of the node. If you can reach the kubelet directly, -KubeletUri needs only 'create' on
/// nodes/checkpoint. For what nodes need see about_KubeCheckpoint_ClusterSetup.</para>
/// <para>Two checkpoints of the same container never run at the same time. Temporary failures are retried, and so are dumps that failed for a
/// reason that passes by itself, such as a connection in flight. A request that may have made an archive is never sent again: after a timeout
/// or a broken connection the cmdlet looks for the archive on the node. Where it cannot, the error says where an archive may be.</para>
/// <para>When CRIU fails, its log is read from the node through a helper pod. The error says the cause, the process and descriptor concerned,
/// and what to do; '$Error[0].TargetObject | Get-CheckpointLog' shows the log.</para>
/// <note>An archive holds the secrets of the process. Treat it like a Secret.</note>
/// </remarks>
/// <example>
/// <code>Get-Pod web* -Namespace shop | Invoke-ContainerCheckpoint</code>
/// <para>Checkpoints every running container of the pods.</para>
/// </example>
/// <example>
/// <code>Invoke-ContainerCheckpoint redis-0 -Namespace cache -ContainerName redis -TimeoutSec 600</code>
/// <para>Checkpoints a container with much memory, and allows ten minutes for it.</para>
/// </example>
/// <example>
/// <code>kubectl get pod -l app=web -o json | ConvertFrom-Json | ForEach-Object items | Invoke-ContainerCheckpoint -ThrottleLimit 8</code>
/// <para>Checkpoints pods that kubectl selected, eight containers at a time.</para>
/// </example>
/// <seealso cref="SaveCheckpointArchiveCommand"/>
/// <seealso cref="TestCheckpointSupportCommand"/>
[Cmdlet(VerbsLifecycle.Invoke, "ContainerCheckpoint", DefaultParameterSetName = InputSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium,
    HelpUri = HelpPages.Root + "Invoke-ContainerCheckpoint.md")]
[OutputType(typeof(ContainerCheckpoint))]
public sealed class InvokeContainerCheckpointCommand : ClusterCmdlet, IKubeletParameters, IHelperParameters, IPodParameters
{
    private const string InputSet = "InputObject";
    private const string NameSet = "Name";
    private const string KubeletSet = "Kubelet";
    private const string KubeletNameSet = "KubeletName";
    private const string KubeletNamespace = "default";

    private readonly PerKey<ClusterTarget, ArchiveTransfer> _finders;
    private readonly PerKey<KubeletTarget, KubeletClient> _kubelets;
    private readonly PerKey<Route, ContainerCheckpointer> _checkpointers;
    private KubeletTarget? _kubelet;

    /// <summary>Makes the cmdlet.</summary>
    public InvokeContainerCheckpointCommand()
    {
        // Makes a pod on the node only when a response is missing.
        _finders = Own(new PerKey<ClusterTarget, ArchiveTransfer>(cluster => new ArchiveTransfer(Connect(cluster), this.ToTransferOptions())));
        _kubelets = Own(new PerKey<KubeletTarget, KubeletClient>(KubeletClient.Connect));
        _checkpointers = Own(new PerKey<Route, ContainerCheckpointer>(route => route.Kubelet is null
            ? new ContainerCheckpointer(Connect(route.Cluster), _finders[route.Cluster])
            : new ContainerCheckpointer(_kubelets[route.Kubelet])));
    }

    /// <inheritdoc/>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = InputSet)]
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = KubeletSet)]
    public PSObject? InputObject { get; set; }

    /// <inheritdoc/>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = NameSet)]
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = KubeletNameSet)]
    [Alias("PodName")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(PodNameCompleter))]
    public string[]? Name { get; set; }

    /// <summary>
    /// The namespaces of pods given by name. Wildcards are allowed. Default: the namespace of the context; with -KubeletUri, 'default'.
    /// </summary>
    [Parameter]
    [Alias("n")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public string[]? Namespace { get; set; }

    /// <summary>The containers to checkpoint. Wildcards are allowed. Default: every running container, including sidecars.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
    public string[]? ContainerName { get; set; }

    /// <summary>
    /// How long the runtime may take, in seconds. The value can lengthen the kubelet's own limit but not shorten it. Default: the kubelet's
    /// runtimeRequestTimeout, which is 120 unless configured.
    /// </summary>
    [Parameter]
    [ValidateRange(1, 86400)]
    public int? TimeoutSec { get; set; }

    /// <summary>How many containers are checkpointed at the same time.</summary>
    [Parameter]
    [ValidateRange(1, 256)]
    public int ThrottleLimit { get; set; } = 5;

    /// <summary>
    /// The image of the helper pod, which looks for the archive on the node after a timeout or a broken connection and reads CRIU's log after
    /// a failed dump: any image with sh, stat and tail.
    /// </summary>
    [Parameter(ParameterSetName = InputSet)]
    [Parameter(ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public string HelperImage { get; set; } = ArchiveTransferOptions.DefaultImage;

    /// <inheritdoc/>
    [Parameter(ParameterSetName = InputSet)]
    [Parameter(ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public string HelperNamespace { get; set; } = ArchiveTransferOptions.DefaultNamespace;

    /// <inheritdoc/>
    [Parameter(ParameterSetName = InputSet)]
    [Parameter(ParameterSetName = NameSet)]
    [ValidateSet("IfNotPresent", "Always", "Never")]
    public string HelperPullPolicy { get; set; } = "IfNotPresent";

    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = InputSet)]
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = NameSet)]
    [AllowNull]
    public override string? KubeConfig { get; set; }

    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = InputSet)]
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = NameSet)]
    [ArgumentCompleter(typeof(ContextCompleter))]
    [AllowNull]
    public override string? Context { get; set; }

    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = InputSet)]
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = NameSet)]
    [ArgumentCompleter(typeof(UserCompleter))]
    [AllowNull]
    public override string? As { get; set; }

    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = InputSet)]
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = NameSet)]
    [ArgumentCompleter(typeof(GroupCompleter))]
    [AllowNull]
    public override string[]? AsGroup { get; set; }

    /// <inheritdoc/>
    [Parameter(Mandatory = true, ParameterSetName = KubeletSet)]
    [Parameter(Mandatory = true, ParameterSetName = KubeletNameSet)]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public Uri? KubeletUri { get; set; }

    /// <inheritdoc/>
    [Parameter(ParameterSetName = KubeletSet)]
    [Parameter(ParameterSetName = KubeletNameSet)]
    public PSObject? Certificate { get; set; }

    /// <inheritdoc/>
    [Parameter(ParameterSetName = KubeletSet)]
    [Parameter(ParameterSetName = KubeletNameSet)]
    public string? Key { get; set; }

    /// <inheritdoc/>
    [Parameter(ParameterSetName = KubeletSet)]
    [Parameter(ParameterSetName = KubeletNameSet)]
    public PSObject[]? CACertificate { get; set; }

    /// <inheritdoc/>
    [Parameter(ParameterSetName = KubeletSet)]
    [Parameter(ParameterSetName = KubeletNameSet)]
    [SecureStringTransformation]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public SecureString? Token { get; set; }

    /// <inheritdoc/>
    [Parameter(ParameterSetName = KubeletSet)]
    [Parameter(ParameterSetName = KubeletNameSet)]
    public SwitchParameter SkipCertificateCheck { get; set; }

    /// <inheritdoc/>
    protected override int MaximumConcurrency => ThrottleLimit;

    private protected override void Begin() => _kubelet = this.ToKubeletTarget(FullPath);

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var cluster = CurrentTarget;
        foreach (var input in ReadPods(this))
            Attempt(input.Source, () => Checkpoint(input, cluster));
    }

    private void Checkpoint(PodInput input, ClusterTarget cluster)
    {
        var route = new Route(cluster, _kubelet ?? input.Pod?.Kubelet);
        foreach (var request in Requests(input, route))
        {
            var node = request.NodeName is null ? string.Empty : $" on node '{request.NodeName}'";
            if (ShouldProcess($"container '{request.ContainerName}' of pod '{request.Namespace}/{request.PodName}'{node}", "Checkpoint"))
                Start(input.Source, cancellationToken => CheckpointAsync(request, route, cancellationToken));
        }
    }

    private IEnumerable<CheckpointRequest> Requests(PodInput input, Route route)
    {
        if (input.Pod is { } known)
            return RequestsFor(known, input);
        if (route.Kubelet is null)
            return FindPods(input, route.Cluster).SelectMany(pod => RequestsFor(pod, input));

        var asked = input.Namespaces.Length > 0 ? input : input with { Namespaces = [KubeletNamespace] };
        // Who may checkpoint at a kubelet need not have the right to list its pods: containers that are named need no list.
        return ContainerName is { } containers && !containers.Concat(asked.Names).Concat(asked.Namespaces).Any(WildcardPattern.ContainsWildcardCharacters)
            ? asked.Namespaces.SelectMany(ns => asked.Names.SelectMany(pod => containers.Select(container => Request(ns, pod, container, null))))
            : FindPods(asked, _kubelets[route.Kubelet].GetPodsAsync).SelectMany(pod => RequestsFor(pod, input));
    }

    private IEnumerable<CheckpointRequest> RequestsFor(Pod pod, PodInput input) =>
        Attempt(input.Source, () => ContainersOf(pod, input))?.Select(container => Request(pod.Namespace, pod.PodName, container.Name, pod)) ?? [];

    private CheckpointRequest Request(string podNamespace, string podName, string containerName, Pod? pod) => new()
    {
        Namespace = podNamespace,
        PodName = podName,
        ContainerName = containerName,
        NodeName = pod?.NodeName,
        Pod = pod,
        Timeout = TimeoutSec is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
    };

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
        await Output.WriteObjectAsync(await _checkpointers[route].CheckpointAsync(request, progress, cancellationToken));
    }

    private sealed record Route(ClusterTarget Cluster, KubeletTarget? Kubelet);
}

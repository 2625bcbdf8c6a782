using System.Management.Automation;
using KubeCheckpoint.Cluster.Nodes;
using KubeCheckpoint.Cluster.Preflight;
using KubeCheckpoint.Cluster.Preflight.Checks;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Images;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Tests whether nodes can checkpoint and restore containers, and says what to change.</summary>
/// <remarks>
/// <para>Writes one object for each node with its checks: the kubelet's version, feature gate and time limit; whether the runtime's version
/// supports checkpoint and restore and has it enabled; your own rights, and those of the API server at the kubelet; disk, kernel,
/// architecture and pressure. CanCheckpoint, CanSave and CanRestore are $true, $false, or $null if a decisive check is Unknown.</para>
/// <para>By default nothing is changed and no pod is created. The kubelet is asked to checkpoint a pod that does not exist; its response
/// shows whether the feature gate is on and the rights suffice.</para>
/// <para>Pods from the pipeline stand for the nodes they run on. Their running containers are looked into, over exec and in /proc alone: each
/// finding that stops a dump or a restore, such as an established connection, a file watch, io_uring, a file lock or a device, is a check with
/// the process, the descriptor and the remedy. That needs a shell in the container, and the right 'create' on pods/exec. With -Deep, options of
/// CRIU on the node that remove a finding are taken into account, and containers without a shell are looked into from their node: by a helper
/// pod that shares the node's process IDs (hostPID) and has the capabilities SYS_PTRACE and DAC_READ_SEARCH. The manifests of the pods show
/// what else is not restored: the content of volumes, claims that one node at a time can mount, what is shared with the node.</para>
/// <para>-Deep looks at each node through a short-lived pod and then proves the result: it creates a pod that counts, checkpoints it,
/// downloads the archive, and with -Repository restores it beside the first and checks that it continues counting. Pods and archives are
/// removed again, also after a failure or Ctrl+C; the image stays in the registry.</para>
/// </remarks>
/// <example>
/// <code>Test-CheckpointSupport | Where-Object CanRestore</code>
/// <para>Gets the nodes that can restore.</para>
/// </example>
/// <example>
/// <code>(Test-CheckpointSupport node1).Checks | Where-Object Outcome -NE Passed</code>
/// <para>Shows what is missing on a node and what to do about it.</para>
/// </example>
/// <example>
/// <code>(Get-Pod redis-0 -Namespace cache | Test-CheckpointSupport -Deep).Checks | Where-Object Outcome -In Failed, Warning</code>
/// <para>Shows what in a running pod stops a checkpoint or a restore, and what to do about it.</para>
/// </example>
/// <example>
/// <code>Get-Pod web* -Namespace shop | Test-CheckpointSupport -Deep -Repository registry.local:5000/restore</code>
/// <para>Proves checkpoint and restore on the nodes where some pods run.</para>
/// </example>
/// <seealso cref="InitializeCheckpointNodeCommand"/>
/// <seealso cref="GrantCheckpointAccessCommand"/>
/// <seealso cref="TestCheckpointArchiveCommand"/>
[Cmdlet(VerbsDiagnostic.Test, "CheckpointSupport", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium,
    HelpUri = HelpPages.Root + "Test-CheckpointSupport.md")]
[OnlyWith(
    nameof(Deep), nameof(Repository), nameof(RegistryCredential), nameof(PlainHttp), nameof(RegistryCACertificate),
    nameof(SkipRegistryCertificateCheck), nameof(HelperImage), nameof(HelperPullPolicy), nameof(TimeoutSec))]
[OnlyWith(
    nameof(Repository), nameof(RegistryCredential), nameof(PlainHttp), nameof(RegistryCACertificate),
    nameof(SkipRegistryCertificateCheck), nameof(TimeoutSec))]
[OutputType(typeof(CheckpointSupport))]
public sealed class TestCheckpointSupportCommand : ClusterRegistryCmdlet, IHelperParameters
{
    private readonly PerKey<ClusterTarget, NodePreflight> _preflights;
    private readonly HashSet<(ClusterTarget Cluster, string Node)> _tested = [];
    private readonly Dictionary<(ClusterTarget Cluster, string Node), List<Pod>> _pods = [];
    private readonly OutputOrder _order = new();
    private NodePreflightOptions _options = null!;

    /// <summary>Makes the cmdlet.</summary>
    public TestCheckpointSupportCommand() =>
        _preflights = Own(new PerKey<ClusterTarget, NodePreflight>(cluster => new NodePreflight(Connect(cluster), _options)));

    /// <summary>The nodes to test. Wildcards are allowed. Default: all nodes, or those that the pods from the pipeline run on.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Name")]
    [SupportsWildcards]
    [AllowNull]
    [ArgumentCompleter(typeof(NodeNameCompleter))]
    public string[]? NodeName { get; set; }

    /// <summary>Pods to look into, which Get-Pod emits. The nodes that they run on are tested.</summary>
    [Parameter(ValueFromPipeline = true)]
    [AllowNull]
    public Pod? Pod { get; set; }

    /// <summary>The namespace to restore in, for the check of your rights. Default: the namespace of the context.</summary>
    [Parameter]
    [Alias("n")]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public string? Namespace { get; set; }

    /// <summary>Looks at the nodes through helper pods, and proves the result with a temporary pod.</summary>
    [Parameter]
    public SwitchParameter Deep { get; set; }

    /// <inheritdoc/>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public string HelperImage { get; set; } = ArchiveTransferOptions.DefaultImage;

    /// <inheritdoc/>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public string HelperNamespace { get; set; } = ArchiveTransferOptions.DefaultNamespace;

    /// <inheritdoc/>
    [Parameter]
    [ValidateSet("IfNotPresent", "Always", "Never")]
    public string HelperPullPolicy { get; set; } = "IfNotPresent";

    /// <summary>How long to wait for the restored pod of -Deep, in seconds.</summary>
    [Parameter]
    [ValidateRange(1, 86400)]
    public int TimeoutSec { get; set; } = 120;

    /// <summary>How many nodes are tested at the same time.</summary>
    [Parameter]
    [ValidateRange(1, 256)]
    public int ThrottleLimit { get; set; } = 5;

    /// <inheritdoc/>
    protected override int MaximumConcurrency => ThrottleLimit;

    private protected override void Begin()
    {
        base.Begin();
        if (Repository is not null)
            ImageTarget.CheckRepository(Repository);
        _options = new NodePreflightOptions
        {
            RestoreNamespace = Namespace,
            Helper = this.ToTransferOptions(),
            IsDeep = Deep,
            Repository = Repository,
            Registry = Registry,
            RestoreTimeout = TimeSpan.FromSeconds(TimeoutSec),
        };
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        // A pod that is not bound to a node yet stands for none, and not for all.
        if (Pod is not null)
        {
            if (Pod.NodeName is { } name)
                Remember(Pod, (CurrentTarget, name));
            return;
        }

        if (NodeName is not (null or [null]) || !MyInvocation.ExpectingInput)
            Find(NodeName, CurrentTarget);
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        foreach (var (cluster, node) in _pods.Keys)
            Find([node], cluster);
        base.EndProcessing();
    }

    private void Remember(Pod pod, (ClusterTarget Cluster, string Node) place)
    {
        if (!_pods.TryGetValue(place, out var pods))
            _pods[place] = pods = [];
        pods.Add(pod);
    }

    private void Find(string[]? names, ClusterTarget cluster) => Attempt(names, () =>
    {
        var failures = new List<KubeCheckpointException>();
        var nodes = Wait(cancellationToken => NodeFinder.FindAsync(Connect(cluster), names, failures.Add, cancellationToken));
        foreach (var failure in failures)
            WriteError(failure.ToErrorRecord(failure.Target));
        foreach (var node in nodes.Where(node => _tested.Add((cluster, node.Name))))
            Test(node, cluster);
    });

    private void Test(ClusterNode node, ClusterTarget cluster)
    {
        if (!Deep || ShouldProcess($"node '{node.Name}'", Repository is null ? "Create a pod and checkpoint it" : "Create a pod, checkpoint it and restore it"))
            Start(node.Name, _order.Add(cancellationToken => TestAsync(node, cluster, cancellationToken), support => Output.WriteObjectAsync(support)));
    }

    private async Task<CheckpointSupport> TestAsync(ClusterNode node, ClusterTarget cluster, CancellationToken cancellationToken)
    {
        Sweep(cluster, HelperNamespace);
        using var progress = Output.OpenProgress();
        return await _preflights[cluster].TestAsync(node, _pods.GetValueOrDefault((cluster, node.Name), []), progress, cancellationToken);
    }
}

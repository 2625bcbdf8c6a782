using System.Management.Automation;
using KubeCheckpoint.Cluster.Initialization;
using KubeCheckpoint.Cluster.Nodes;
using KubeCheckpoint.Cluster.Preflight.Hosts;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Configures nodes so that busy containers can be checkpointed, and checkpoints restored.</summary>
/// <remarks>
/// <para>Looks at each node through a helper pod and writes what it lacks: CRIU's options to /etc/criu/runc.conf or crun.conf, whichever OCI
/// runtime the node uses, and a file that switches checkpoints and restores on where the runtime has them off: for CRI-O in
/// /etc/crio/crio.conf.d, for containerd in a folder that its config.toml imports. If config.toml imports none, one line that imports that
/// file is added. Nothing is installed. Lines and comments that are there stay as they are.</para>
/// <para>Default options: tcp-established, tcp-close and skip-in-flight, and file-locks for containerd. With them, containers with open TCP
/// connections are checkpointed, and restored with these connections closed: clients reconnect. CRIU reads its options at each checkpoint and
/// restore. For the settings of CRI-O and containerd, the runtime must be restarted: NeedsRestart names its service.</para>
/// <para>Files are replaced as a whole, with their mode and owner. Symbolic links are not followed. If one file of a node cannot be written,
/// the others are put back. A backup (NAME.kubecheckpoint.bak) stays beside each file that was there before, or beside its folder where the
/// runtime reads every file in it; a later run does not replace it. -Undo restores it and removes files that did not exist, unless somebody
/// else has changed them since.</para>
/// <para>-RestartRuntime restarts the runtime by systemctl, one node at a time; running containers are not stopped. For that, the helper pod is
/// privileged and shares the process IDs of the node (hostPID), which amounts to root on the node; without -RestartRuntime it is not. The
/// runtime checks the new configuration first. If it does not accept it, or does not start with it, the files are put back and it is started
/// with them. The next node follows when the runtime runs, the node is Ready, its pods accept commands and the settings are in effect. After a
/// failure no further node is touched. Where systemd does not run the runtime as crio.service or containerd.service, restart it
/// yourself: the next run sees that its process is another one.</para>
/// <para>-WhatIf shows the changes as a unified diff. It looks at the nodes too, through pods that can only read.</para>
/// <para>Needs the rights of Grant-CheckpointAccess -Task Initialize, and a namespace that allows privileged pods.</para>
/// </remarks>
/// <example>
/// <code>Initialize-CheckpointNode * -WhatIf</code>
/// <para>Shows what all nodes lack, as a diff of each file.</para>
/// </example>
/// <example>
/// <code>Test-CheckpointSupport | Where-Object CanRestore -NE $true | Initialize-CheckpointNode -RestartRuntime</code>
/// <para>Configures the nodes that cannot restore, and restarts their runtimes one after the other.</para>
/// </example>
/// <example>
/// <code>Initialize-CheckpointNode node1 -CriuOption tcp-established, 'ghost-limit 300M'</code>
/// <para>Writes two options of CRIU and nothing else. No restart is needed.</para>
/// </example>
/// <example>
/// <code>Initialize-CheckpointNode node1 -Undo -RestartRuntime</code>
/// <para>Puts back what was there.</para>
/// </example>
/// <seealso cref="TestCheckpointSupportCommand"/>
/// <seealso cref="GrantCheckpointAccessCommand"/>
[Cmdlet(VerbsData.Initialize, "CheckpointNode", DefaultParameterSetName = InitializeSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High,
    HelpUri = HelpPages.Root + "Initialize-CheckpointNode.md")]
[OnlyWith(nameof(RestartRuntime), nameof(TimeoutSec))]
[OutputType(typeof(CheckpointNodeSetup))]
public sealed class InitializeCheckpointNodeCommand : HelperCmdlet
{
    private const string InitializeSet = "Initialize";
    private const string UndoSet = "Undo";

    private readonly PerKey<ClusterTarget, NodeInitializer> _initializers;
    private readonly HashSet<(ClusterTarget Cluster, string Node)> _seen = [];
    private NodeInitializerOptions _options = null!;
    private string? _failed;

    /// <summary>Makes the cmdlet.</summary>
    public InitializeCheckpointNodeCommand() =>
        _initializers = Own(new PerKey<ClusterTarget, NodeInitializer>(cluster => new NodeInitializer(Connect(cluster), _options)));

    /// <summary>
    /// The nodes to configure. Wildcards are allowed. Objects with NodeName or Name bind, such as the output of Test-CheckpointSupport and its
    /// checks.
    /// </summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Name")]
    [SupportsWildcards]
    [AllowNull]
    [ArgumentCompleter(typeof(NodeNameCompleter))]
    public string[]? NodeName { get; set; }

    /// <summary>What to configure nodes for. Default: everything, but with -CriuOption only CRIU's options.</summary>
    [Parameter(ParameterSetName = InitializeSet)]
    [ValidateNotNullOrEmpty]
    public NodeFeature[]? Feature { get; set; }

    /// <summary>The options of CRIU to set. Default: tcp-established, tcp-close and skip-in-flight, and file-locks for containerd.</summary>
    [Parameter(ParameterSetName = InitializeSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(CriuOptionCompleter))]
    public string[]? CriuOption { get; set; }

    /// <summary>Puts back what was there before earlier runs.</summary>
    [Parameter(Mandatory = true, ParameterSetName = UndoSet)]
    public SwitchParameter Undo { get; set; }

    /// <summary>Restarts the runtime where a change needs it, through a privileged pod.</summary>
    [Parameter]
    public SwitchParameter RestartRuntime { get; set; }

    /// <summary>How long the runtime may take to start, and then the node to be Ready, in seconds.</summary>
    [Parameter]
    [ValidateRange(1, 3600)]
    public int TimeoutSec { get; set; } = 180;

    private protected override void Begin()
    {
        base.Begin();
        _options = new()
        {
            Features = Feature ?? (CriuOption is null ? Enum.GetValues<NodeFeature>() : [NodeFeature.CriuOptions]),
            CriuOptions = CriuOption is null ? null : [.. CriuOption.Select(Parse)],
            RestartsRuntime = RestartRuntime,
            RestartTimeout = TimeSpan.FromSeconds(TimeoutSec),
            Helper = this.ToTransferOptions(),
        };
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (NodeName is null or [null])
            return;
        var cluster = CurrentTarget;
        Attempt(NodeName, () =>
        {
            var failures = new List<KubeCheckpointException>();
            var nodes = Wait(cancellationToken => NodeFinder.FindAsync(Connect(cluster), NodeName, failures.Add, cancellationToken));
            foreach (var failure in failures)
                WriteError(failure.ToErrorRecord(failure.Target));
            foreach (var node in nodes.Where(node => _seen.Add((cluster, node.Name))))
                Initialize(node, cluster);
        });
    }

    private static CriuOption Parse(string text) =>
        Cluster.Preflight.Hosts.CriuOption.Parse(text)
        ?? throw InitializationFailure.CriuOptionInvalid(text, Cluster.Preflight.Hosts.CriuOption.Known.Select(option => option.Text));

    // One node after the other: what makes one fail might make all fail.
    private void Initialize(ClusterNode node, ClusterTarget cluster)
    {
        try
        {
            if (_failed is not null)
                throw InitializationFailure.NodeNotTouched(node.Name, _failed);
            var plan = Wait(cancellationToken => PlanAsync(node, cluster, cancellationToken));
            if (plan.IsEmpty || ShouldProcess(plan.Description, plan.Description, "Configure node"))
                WriteObject(Wait(cancellationToken => ApplyAsync(plan, cluster, cancellationToken)));
        }
        catch (KubeCheckpointException failure)
        {
            WriteError(failure.ToErrorRecord(node.Name));
            if (RestartRuntime)
                _failed ??= node.Name;
        }
    }

    private Task<NodePlan> PlanAsync(ClusterNode node, ClusterTarget cluster, CancellationToken cancellationToken)
    {
        Sweep(cluster, HelperNamespace);
        return Undo ? _initializers[cluster].PlanUndoAsync(node, cancellationToken) : _initializers[cluster].PlanAsync(node, cancellationToken);
    }

    private async Task<CheckpointNodeSetup> ApplyAsync(NodePlan plan, ClusterTarget cluster, CancellationToken cancellationToken)
    {
        using var progress = Output.OpenProgress();
        return await _initializers[cluster].ApplyAsync(plan, progress, cancellationToken);
    }
}

using System.Management.Automation;
using KubeCheckpoint.Cluster.Checkpoints;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Preflight.Restores;
using KubeCheckpoint.Cluster.Probes;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Parameters;

namespace KubeCheckpoint.Pipeline;

/// <summary>A cmdlet that checkpoints and restores pods and probes whether the restored ones work.</summary>
[OnlyWith(nameof(Command), nameof(CommandContainer))]
public abstract class PodProbeCmdlet : ClusterRegistryCmdlet, IHelperParameters, IPodParameters
{
    private protected const string InputSet = "InputObject";
    private protected const string NameSet = "Name";

    private readonly PerKey<ClusterTarget, ArchiveTransfer> _transfers;
    private readonly PerKey<ClusterTarget, ContainerCheckpointer> _checkpointers;
    private readonly PerKey<ClusterTarget, RestorePreflight> _preflights;

    /// <summary>Makes the cmdlet.</summary>
    protected PodProbeCmdlet()
    {
        _transfers = Own(new PerKey<ClusterTarget, ArchiveTransfer>(target => new ArchiveTransfer(Connect(target), TransferOptions)));
        _checkpointers = Own(new PerKey<ClusterTarget, ContainerCheckpointer>(target => new ContainerCheckpointer(Connect(target), _transfers[target])));
        _preflights = Own(new PerKey<ClusterTarget, RestorePreflight>(
            target => new RestorePreflight(Connect(target), new RestorePreflightOptions { Helper = TransferOptions })));
    }

    /// <inheritdoc/>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = InputSet)]
    public virtual PSObject? InputObject { get; set; }

    /// <inheritdoc/>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = NameSet)]
    [Alias("PodName")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(PodNameCompleter))]
    public string[]? Name { get; set; }

    /// <inheritdoc/>
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = InputSet)]
    [Alias("n")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public string[]? Namespace { get; set; }

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

    /// <summary>
    /// HTTP GET requests that the restored pod must answer with a status from 200 to 399, through the API server's proxy: 8080,
    /// 8080/healthz or https:8443/healthz.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public string[]? HttpGet { get; set; }

    /// <summary>Ports that must accept a TCP connection, through port forwarding.</summary>
    [Parameter]
    [ValidateRange(1, 65535)]
    public int[]? TcpPort { get; set; }

    /// <summary>
    /// A command with its arguments that must end with exit code 0 in a container of the restored pod. It is not run through a shell.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public string[]? Command { get; set; }

    /// <summary>The container that -Command runs in. Default: the first container of the pod.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
    public string? CommandContainer { get; set; }

    /// <summary>
    /// A script block that gets the restored pod as $_ and as its argument. It must not fail, and what it writes, if anything, must be
    /// true.
    /// </summary>
    [Parameter]
    public ScriptBlock? ScriptBlock { get; set; }

    /// <summary>How long each probe is retried, in seconds.</summary>
    [Parameter]
    [ValidateRange(1, 3600)]
    public int ProbeTimeoutSec { get; set; } = 30;

    /// <summary>How long to wait for the restored pod to be Running and Ready, in seconds.</summary>
    [Parameter]
    [ValidateRange(1, 86400)]
    public int TimeoutSec { get; set; } = 300;

    /// <summary>
    /// How long the runtime may take for a checkpoint, in seconds. Default: the kubelet's runtimeRequestTimeout, which is 120 unless
    /// configured.
    /// </summary>
    [Parameter]
    [ValidateRange(1, 86400)]
    public int? CheckpointTimeoutSec { get; set; }

    /// <summary>Does not pull the base images to the node first.</summary>
    [Parameter]
    public SwitchParameter SkipPrePull { get; set; }

    /// <summary>
    /// Compares all files that the checkpoint brings back, by type, size and time, not only a sample of 100. Needs the right to create
    /// pods/exec in the pod's namespace, and a shell in the container.
    /// </summary>
    [Parameter]
    public SwitchParameter Verify { get; set; }

    /// <summary>How many pods are processed at the same time.</summary>
    [Parameter]
    [ValidateRange(1, 64)]
    public int ThrottleLimit { get; set; } = 2;

    /// <inheritdoc/>
    protected override int MaximumConcurrency => ThrottleLimit;

    private protected TimeSpan? CheckpointTimeout => CheckpointTimeoutSec is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    /// <summary>The helper pods, and what is done with archives.</summary>
    private protected abstract ArchiveTransferOptions TransferOptions { get; }

    /// <summary>Saves archives of the nodes of a cluster: one for each cluster, with its helper pods, until the cmdlet ends.</summary>
    private protected ArchiveTransfer TransferFor(ClusterTarget cluster) => _transfers[cluster];

    /// <summary>Requests checkpoints from a cluster: one for each cluster, until the cmdlet ends.</summary>
    private protected ContainerCheckpointer CheckpointerFor(ClusterTarget cluster) => _checkpointers[cluster];

    /// <summary>Checks whether archives can be restored on the nodes of a cluster: one for each cluster, until the cmdlet ends.</summary>
    private protected RestorePreflight PreflightFor(ClusterTarget cluster) => _preflights[cluster];

    /// <summary>The probes that the parameters ask for.</summary>
    /// <exception cref="KubeCheckpointException">ProbeInvalid.</exception>
    private protected IReadOnlyList<IPodProbe> ProbesFor(ClusterClient cluster)
    {
        var probes = new List<IPodProbe>();
        probes.AddRange((HttpGet ?? []).Select(target => new HttpPodProbe(cluster, target)));
        probes.AddRange((TcpPort ?? []).Select(port => new TcpPodProbe(cluster, port)));
        if (Command is not null)
            probes.Add(new CommandPodProbe(cluster, Command, CommandContainer));
        if (ScriptBlock is not null)
            probes.Add(new ScriptPodProbe(Output, ScriptBlock));
        return probes;
    }
}

using System.Management.Automation;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Credentials;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Parameters;

namespace KubeCheckpoint.Pipeline;

/// <summary>A cmdlet that connects to clusters.</summary>
public abstract class ClusterCmdlet : AsyncCmdlet, IClusterParameters
{
    /// <summary>The host of jobs and of programs that run PowerShell: at their terminal, if they have one, someone else reads.</summary>
    private const string HostOfJobs = "Default Host";

    private readonly PerKey<ClusterTarget, ClusterClient> _clusters;
    private readonly LeftoverSweeper _sweeper;

    /// <summary>Makes the cmdlet.</summary>
    protected ClusterCmdlet()
    {
        _clusters = Own(new PerKey<ClusterTarget, ClusterClient>(Open));
        _sweeper = Own(new LeftoverSweeper(Output, StopToken));
    }

    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    public virtual string? KubeConfig { get; set; }

    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(ContextCompleter))]
    [AllowNull]
    public virtual string? Context { get; set; }

    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(UserCompleter))]
    [AllowNull]
    public virtual string? As { get; set; }

    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(GroupCompleter))]
    [AllowNull]
    public virtual string[]? AsGroup { get; set; }

    /// <summary>
    /// The API server that the parameters name for the current object of the pipeline. Asked for on the pipeline thread: the next object
    /// may bring another one while work on this one still runs.
    /// </summary>
    private protected ClusterTarget CurrentTarget => new(
        string.IsNullOrEmpty(KubeConfig) ? null : FullPath(KubeConfig),
        string.IsNullOrEmpty(Context) ? null : Context,
        string.IsNullOrEmpty(As) ? null : As)
    {
        AsGroup = AsGroup ?? [],
    };

    /// <summary>A connection to an API server: one for each, kept until the cmdlet ends. A kubeconfig is read off the pipeline thread.</summary>
    private protected ClusterClient Connect(ClusterTarget target) =>
        IsOnPipelineThread ? Wait(_ => Task.FromResult(_clusters[target])) : _clusters[target];

    /// <summary>
    /// Removes what dead predecessors have left in a cluster, beside the work: for cmdlets that create objects there, once they do. For work
    /// off the pipeline thread.
    /// </summary>
    /// <param name="target">The cluster.</param>
    /// <param name="namespaces">The namespaces that the cmdlet creates pods in.</param>
    private protected void Sweep(ClusterTarget target, params IEnumerable<string?> namespaces) => _sweeper.Begin(target, Connect(target), namespaces);

    /// <summary>The pods that the parameters name for the current object of the pipeline, as they are now; what is missing is written as an error.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="cluster">The cluster.</param>
    private protected IEnumerable<(Pod Pod, object Source)> FindPods(IPodParameters parameters, ClusterTarget cluster)
    {
        foreach (var input in ReadPods(parameters))
        {
            foreach (var pod in Attempt(input.Source, () => FindPods(input, cluster)) ?? [])
                yield return (pod, input.Source);
        }
    }

    /// <summary>The pods that the parameters name for the current object of the pipeline; what names none is written as an error.</summary>
    private protected PodInput[] ReadPods(IPodParameters parameters) => parameters.InputObject is not { } input
        ? [.. PodInput.From(parameters.Name ?? [], parameters.Namespace)]
        : Attempt<PodInput[]>(input, () => [.. PodInput.From(input, parameters.Namespace)]) ?? [];

    /// <summary>The pods that names stand for, as they are now; what is missing is written as an error.</summary>
    private protected List<Pod> FindPods(PodInput input, ClusterTarget cluster) => FindPods(input, Connect(cluster).GetPodsAsync);

    /// <inheritdoc cref="FindPods(PodInput, ClusterTarget)"/>
    /// <param name="input">The names.</param>
    /// <param name="list">Lists pods of a cluster or a kubelet.</param>
    private protected List<Pod> FindPods(PodInput input, PodListing list)
    {
        var (pods, failures) = (new List<Pod>(), new List<KubeCheckpointException>());
        Wait(async cancellationToken =>
        {
            await foreach (var pod in list(input.ToQuery(), failures.Add, cancellationToken))
                pods.Add(pod);
            return pods;
        });
        foreach (var failure in failures)
            WriteError(failure.ToErrorRecord(input.Source));
        return pods;
    }

    private ClusterClient Open(ClusterTarget target)
    {
        var interaction = Host.Name == HostOfJobs ? PluginInteraction.None : PluginInteraction.Terminal;
        var cluster = ClusterClient.Connect(target, interaction, MyInvocation.MyCommand?.Name);
        if (cluster.Warning is { } warning)
            _ = Output.WriteWarningAsync(warning);
        return cluster;
    }

    /// <summary>Lists pods, of a cluster or a kubelet.</summary>
    private protected delegate IAsyncEnumerable<Pod> PodListing(PodQuery query, Action<KubeCheckpointException> onFailure, CancellationToken cancellationToken);
}

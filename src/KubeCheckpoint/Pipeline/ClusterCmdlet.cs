using System.Collections.Concurrent;
using System.Management.Automation;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Parameters;

namespace KubeCheckpoint.Pipeline;

/// <summary>A cmdlet that speaks to API servers.</summary>
public abstract class ClusterCmdlet : AsyncCmdlet
{
    private readonly ConcurrentDictionary<ClusterTarget, Lazy<ClusterClient>> _clusters = new();

    /// <summary>
    /// The kubeconfig file. Without it: what the pipeline's object was read with, else the files of $KUBECONFIG, else
    /// ~/.kube/config, else the service account of the pod this runs in.
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    public string? KubeConfig { get; set; }

    /// <summary>The context of the kubeconfig. Without it: what the pipeline's object was read with, else the current context.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(ContextCompleter))]
    [AllowNull]
    public string? Context { get; set; }

    /// <summary>
    /// The API server the parameters name for the present object of the pipeline. Asked for on the pipeline thread: the next object
    /// may bring another one while work on this one still runs.
    /// </summary>
    private protected ClusterTarget CurrentTarget => new(FullPath(KubeConfig), string.IsNullOrEmpty(Context) ? null : Context);

    /// <summary>A connection to an API server: one for each, kept until the cmdlet ends. For work off the pipeline thread.</summary>
    private protected ClusterClient Connect(ClusterTarget target) =>
        _clusters.GetOrAdd(target, _ => new Lazy<ClusterClient>(() => ClusterClient.Connect(target))).Value;

    /// <summary>The pods that an object of the pipeline stands for; what stands for none is reported.</summary>
    private protected PodInput[] ReadPods(PSObject input)
    {
        try
        {
            return [.. PodInput.From(input)];
        }
        catch (KubeCheckpointException failure)
        {
            WriteError(failure.ToErrorRecord(input));
            return [];
        }
    }

    /// <inheritdoc/>
    protected override ValueTask CloseAsync()
    {
        foreach (var client in _clusters.Values.Where(client => client.IsValueCreated))
            client.Value.Dispose();
        return base.CloseAsync();
    }

    private protected string? FullPath(string? path) =>
        string.IsNullOrEmpty(path) ? null : SessionState.Path.GetUnresolvedProviderPathFromPSPath(path);
}

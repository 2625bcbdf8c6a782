using System.Management.Automation;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Gets pods of a cluster or of one kubelet.</summary>
/// <remarks>
/// <para>Get-Pod lists pods through the API server, or with -KubeletUri those that one kubelet runs. Names and namespaces take
/// wildcards. Large clusters are read in pages, and pods are written as the pages arrive.</para>
/// <para>The pods bind to Invoke-ContainerCheckpoint. They carry their manifest as the server sent it, and remember which cluster
/// they were read from, so that the next cmdlet speaks to the same one.</para>
/// </remarks>
/// <example>
/// <code>Get-Pod web* -Namespace shop</code>
/// <para>Gets the pods of the namespace shop whose names begin with web.</para>
/// </example>
/// <example>
/// <code>Get-Pod -AllNamespaces -NodeName node1 | Where-Object Status -EQ CrashLoopBackOff</code>
/// <para>Gets the pods of one node that crash over and over, whatever their namespace.</para>
/// </example>
/// <example>
/// <code>Get-Pod -KubeletUri https://node1:10250 -Certificate ./kubelet-client.crt -Key ./kubelet-client.key -CACertificate ./ca.crt</code>
/// <para>Asks a kubelet without the API server, as one does on a control-plane node.</para>
/// </example>
[Cmdlet(VerbsCommon.Get, "Pod")]
[OutputType(typeof(Pod))]
public sealed class GetPodCommand : KubeletCmdlet
{
    /// <summary>Names of pods; wildcards are allowed. Without it: all pods.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("PodName")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(PodNameCompleter))]
    public string[]? Name { get; set; }

    /// <summary>Namespaces; wildcards are allowed. Without it: the namespace of the context.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("n")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public string[]? Namespace { get; set; }

    /// <summary>Pods of all namespaces.</summary>
    [Parameter]
    [Alias("A")]
    public SwitchParameter AllNamespaces { get; set; }

    /// <summary>A label selector as kubectl takes it, such as app=web,tier!=cache.</summary>
    [Parameter]
    [Alias("l", "LabelSelector")]
    public string? Selector { get; set; }

    /// <summary>A field selector as kubectl takes it, such as status.phase=Running.</summary>
    [Parameter]
    public string? FieldSelector { get; set; }

    /// <summary>Only pods of this node.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(NodeNameCompleter))]
    public string? NodeName { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var query = new PodQuery
        {
            Names = NamePatterns.From(Name),
            Namespaces = NamePatterns.From(Namespace),
            AllNamespaces = AllNamespaces,
            LabelSelector = Selector,
            FieldSelector = FieldSelector,
            NodeName = NodeName,
        };
        try
        {
            var (cluster, kubelet) = (CurrentTarget, CurrentKubelet());
            Start(
                Name is null ? null : string.Join(", ", Name),
                cancellationToken => WritePodsAsync(query, cluster, kubelet, cancellationToken));
        }
        catch (KubeCheckpointException failure)
        {
            ThrowTerminatingError(failure.ToErrorRecord(null));
        }
    }

    private async Task WritePodsAsync(PodQuery query, ClusterTarget cluster, KubeletTarget? kubelet, CancellationToken cancellationToken)
    {
        var failures = new Queue<KubeCheckpointException>();
        var pods = kubelet is null
            ? Connect(cluster).GetPodsAsync(query, failures.Enqueue, cancellationToken)
            : Connect(kubelet).GetPodsAsync(query, failures.Enqueue, cancellationToken);
        await foreach (var pod in pods)
            await Output.WriteObjectAsync(pod);
        foreach (var failure in failures)
            await Output.WriteErrorAsync(failure.ToErrorRecord(failure.Target));
    }
}

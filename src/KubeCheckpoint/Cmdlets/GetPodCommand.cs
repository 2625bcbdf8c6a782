using System.Management.Automation;
using System.Security;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Gets the pods of a cluster, or of one kubelet.</summary>
/// <remarks>
/// <para>Lists pods through the API server, or with -KubeletUri the pods that one kubelet runs. Large clusters are read in pages, and pods
/// are written as the pages arrive.</para>
/// <para>Each pod carries its manifest as the server sent it and remembers its cluster, so that the next cmdlet in the pipeline uses the
/// same one.</para>
/// </remarks>
/// <example>
/// <code>Get-Pod web* -Namespace shop</code>
/// <para>Gets the pods in the namespace shop whose names begin with web.</para>
/// </example>
/// <example>
/// <code>Get-Pod -AllNamespaces -NodeName node1 | Where-Object Status -EQ CrashLoopBackOff</code>
/// <para>Gets the pods on one node that keep crashing, in all namespaces.</para>
/// </example>
/// <example>
/// <code>Get-Pod -KubeletUri https://node1:10250 -Certificate ./kubelet-client.crt -Key ./kubelet-client.key -CACertificate ./ca.crt</code>
/// <para>Asks a kubelet directly, without the API server.</para>
/// </example>
/// <seealso cref="InvokeContainerCheckpointCommand"/>
[Cmdlet(VerbsCommon.Get, "Pod", DefaultParameterSetName = NamespaceSet, HelpUri = HelpPages.Root + "Get-Pod.md")]
[OutputType(typeof(Pod))]
public sealed class GetPodCommand : ClusterCmdlet, IKubeletParameters
{
    private const string NamespaceSet = "Namespace";
    private const string AllNamespacesSet = "AllNamespaces";
    private const string KubeletSet = "Kubelet";

    private readonly PerKey<KubeletTarget, KubeletClient> _kubelets;
    private KubeletTarget? _kubelet;

    /// <summary>Makes the cmdlet.</summary>
    public GetPodCommand() => _kubelets = Own(new PerKey<KubeletTarget, KubeletClient>(KubeletClient.Connect));

    /// <summary>The names of pods. Wildcards are allowed. Default: all pods.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("PodName")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(PodNameCompleter))]
    public string[]? Name { get; set; }

    /// <summary>The namespaces to list. Wildcards are allowed. Default: the namespace of the context.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = NamespaceSet)]
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = KubeletSet)]
    [Alias("n")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public string[]? Namespace { get; set; }

    /// <summary>Lists the pods of all namespaces.</summary>
    [Parameter(Mandatory = true, ParameterSetName = AllNamespacesSet)]
    [Alias("A")]
    public SwitchParameter AllNamespaces { get; set; }

    /// <summary>A label selector as in kubectl, such as app=web,tier!=cache.</summary>
    [Parameter]
    [Alias("l", "LabelSelector")]
    [ArgumentCompleter(typeof(SelectorCompleter))]
    public string? Selector { get; set; }

    /// <summary>A field selector as in kubectl, such as status.phase=Running.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(FieldSelectorCompleter))]
    public string? FieldSelector { get; set; }

    /// <summary>Lists only the pods on this node. Default: all nodes.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(NodeNameCompleter))]
    public string? NodeName { get; set; }

    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = NamespaceSet)]
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = AllNamespacesSet)]
    [AllowNull]
    public override string? KubeConfig { get; set; }

    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = NamespaceSet)]
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = AllNamespacesSet)]
    [ArgumentCompleter(typeof(ContextCompleter))]
    [AllowNull]
    public override string? Context { get; set; }

    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = NamespaceSet)]
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = AllNamespacesSet)]
    [ArgumentCompleter(typeof(UserCompleter))]
    [AllowNull]
    public override string? As { get; set; }

    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = NamespaceSet)]
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = AllNamespacesSet)]
    [ArgumentCompleter(typeof(GroupCompleter))]
    [AllowNull]
    public override string[]? AsGroup { get; set; }

    /// <inheritdoc/>
    [Parameter(Mandatory = true, ParameterSetName = KubeletSet)]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public Uri? KubeletUri { get; set; }

    /// <inheritdoc/>
    [Parameter(ParameterSetName = KubeletSet)]
    public PSObject? Certificate { get; set; }

    /// <inheritdoc/>
    [Parameter(ParameterSetName = KubeletSet)]
    public string? Key { get; set; }

    /// <inheritdoc/>
    [Parameter(ParameterSetName = KubeletSet)]
    public PSObject[]? CACertificate { get; set; }

    /// <inheritdoc/>
    [Parameter(ParameterSetName = KubeletSet)]
    [SecureStringTransformation]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public SecureString? Token { get; set; }

    /// <inheritdoc/>
    [Parameter(ParameterSetName = KubeletSet)]
    public SwitchParameter SkipCertificateCheck { get; set; }

    private protected override void Begin() => _kubelet = this.ToKubeletTarget(FullPath);

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
        var cluster = CurrentTarget;
        Start(Name is null ? null : string.Join(", ", Name), cancellationToken => WritePodsAsync(query, cluster, cancellationToken));
    }

    private async Task WritePodsAsync(PodQuery query, ClusterTarget cluster, CancellationToken cancellationToken)
    {
        var failures = new Queue<KubeCheckpointException>();
        var pods = _kubelet is null
            ? Connect(cluster).GetPodsAsync(query, failures.Enqueue, cancellationToken)
            : _kubelets[_kubelet].GetPodsAsync(query, failures.Enqueue, cancellationToken);
        await foreach (var pod in pods)
            await Output.WriteObjectAsync(pod);
        foreach (var failure in failures)
            await Output.WriteErrorAsync(failure.ToErrorRecord(failure.Target));
    }
}

using System.Management.Automation;
using KubeCheckpoint.Cluster.Nodes;
using KubeCheckpoint.Cluster.Preflight;
using KubeCheckpoint.Cluster.Preflight.Checks;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Images.Oci;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Tells whether containers can be checkpointed on nodes and checkpoints restored there, and why not.</summary>
/// <remarks>
/// <para>One object for each node, with its checks: the kubelet's version, its feature gate and how long a checkpoint may take; whether the
/// runtime's version checkpoints and restores, has that switched off unless it is configured, or does it no more; your own rights for both
/// ways, and the API server's at the kubelet; disk, kernel, architecture, pressure. What cannot be asked is Unknown, with the reason.
/// CanCheckpoint, CanSave and CanRestore are $true, $false, or $null where what decides is unknown.</para>
/// <para>Nothing is changed and no pod is made. The kubelet is asked for a checkpoint of a pod that does not exist, whose answer tells gate
/// and rights apart.</para>
/// <para>-Deep looks at each node through a short-lived pod (criu and its version, its options, the runtime's configuration) and proves the
/// rest: it makes a pod that counts, checkpoints it, brings the archive here, and with -Repository restores it beside the first and sees
/// it go on. Pods and archives are removed again, on failure and on Ctrl+C too; the image stays in the registry.</para>
/// </remarks>
/// <example>
/// <code>Test-CheckpointSupport | Where-Object CanRestore</code>
/// <para>The nodes that restore.</para>
/// </example>
/// <example>
/// <code>(Test-CheckpointSupport node1).Checks | Where-Object Outcome -NE Passed</code>
/// <para>What stands in the way on a node, and what to do about it.</para>
/// </example>
/// <example>
/// <code>Get-Pod web* -Namespace shop | Test-CheckpointSupport -Deep -Repository registry.local:5000/restore</code>
/// <para>Proves it on the nodes that some pods run on.</para>
/// </example>
[Cmdlet(VerbsDiagnostic.Test, "CheckpointSupport", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OnlyWith(
    nameof(Deep), nameof(Repository), nameof(RegistryCredential), nameof(PlainHttp), nameof(RegistryCACertificate), nameof(SkipRegistryCertificateCheck), nameof(HelperImage), nameof(HelperPullPolicy), nameof(TimeoutSec))]
[OnlyWith(
    nameof(Repository), nameof(RegistryCredential), nameof(PlainHttp), nameof(RegistryCACertificate), nameof(SkipRegistryCertificateCheck), nameof(TimeoutSec))]
[OutputType(typeof(CheckpointSupport))]
public sealed class TestCheckpointSupportCommand : ClusterRegistryCmdlet, IHelperParameters
{
    private readonly PerKey<ClusterTarget, NodePreflight> _preflights;
    private readonly HashSet<(ClusterTarget Cluster, string Node)> _tested = [];
    private NodePreflightOptions _options = null!;

    /// <summary>Makes the cmdlet.</summary>
    public TestCheckpointSupportCommand() =>
        _preflights = Own(new PerKey<ClusterTarget, NodePreflight>(cluster => new NodePreflight(Connect(cluster), _options)));

    /// <summary>The nodes; wildcards are allowed. Without it: all of them. Pods from the pipeline stand for the nodes they run on.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Name")]
    [SupportsWildcards]
    [AllowNull]
    [ArgumentCompleter(typeof(NodeNameCompleter))]
    public string[]? NodeName { get; set; }

    /// <summary>The namespace that pods would be restored in, for the rights that takes. Without it: that of the context.</summary>
    [Parameter]
    [Alias("n")]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public string? Namespace { get; set; }

    /// <summary>Looks at the nodes through pods on them, and proves what can be proved with a throw-away pod.</summary>
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

    /// <summary>How long the pod of -Deep may take to be restored, in seconds.</summary>
    [Parameter]
    [ValidateRange(1, 86400)]
    public int TimeoutSec { get; set; } = 120;

    /// <summary>How many nodes are tested at once.</summary>
    [Parameter]
    [ValidateRange(1, 256)]
    public int ThrottleLimit { get; set; } = 5;

    /// <inheritdoc/>
    protected override int MaximumConcurrency => ThrottleLimit;

    private protected override void Begin()
    {
        base.Begin();
        if (Repository is not null && ImageReference.Parse(Repository) is not { Tag: null, Digest: null })
            throw ImageFailure.ImageNameInvalid(Repository, "a repository has no tag or digest");
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
        if (NodeName is null or [null] && MyInvocation.ExpectingInput)
            return;
        var cluster = CurrentTarget;
        Attempt(NodeName, () =>
        {
            var failures = new List<KubeCheckpointException>();
            var nodes = Wait(cancellationToken => NodeFinder.FindAsync(Connect(cluster), NodeName, failures.Add, cancellationToken));
            foreach (var failure in failures)
                WriteError(failure.ToErrorRecord(failure.Target));
            foreach (var node in nodes.Where(node => _tested.Add((cluster, node.Name))))
                Test(node, cluster);
        });
    }

    private void Test(ClusterNode node, ClusterTarget cluster)
    {
        if (!Deep || ShouldProcess($"node '{node.Name}'", Repository is null ? "Make a pod and checkpoint it" : "Make a pod, checkpoint it and restore it"))
            Start(node.Name, cancellationToken => TestAsync(node, cluster, cancellationToken));
    }

    private async Task TestAsync(ClusterNode node, ClusterTarget cluster, CancellationToken cancellationToken)
    {
        using var progress = Output.OpenProgress();
        await Output.WriteObjectAsync(await _preflights[cluster].TestAsync(node, progress, cancellationToken));
    }
}

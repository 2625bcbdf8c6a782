using System.Management.Automation;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Completion;

namespace KubeCheckpoint.Pipeline;

/// <summary>A cmdlet that looks at nodes through helper pods.</summary>
public abstract class HelperCmdlet : ClusterCmdlet
{
    private readonly HelperPods _helpers;

    /// <summary>Makes the cmdlet.</summary>
    protected HelperCmdlet() => _helpers = new HelperPods(Connect, () => TransferOptions);

    /// <summary>
    /// The helper pod's image: any with sh, dd, wc and sha256sum, busybox for example. On nodes without a way out: one that is on
    /// the node already, with -HelperPullPolicy Never.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string HelperImage { get; set; } = ArchiveTransferOptions.DefaultImage;

    /// <summary>
    /// The helper pod's namespace. It must allow hostPath volumes (pod-security.kubernetes.io/enforce: privileged). The default one is
    /// made when it does not exist and you may make it.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public string HelperNamespace { get; set; } = ArchiveTransferOptions.DefaultNamespace;

    /// <summary>When the node pulls the helper pod's image.</summary>
    [Parameter]
    [ValidateSet("IfNotPresent", "Always", "Never")]
    public string HelperPullPolicy { get; set; } = "IfNotPresent";

    /// <summary>The helper pods, and what is done with archives.</summary>
    private protected virtual ArchiveTransferOptions TransferOptions =>
        new() { Image = HelperImage, Namespace = HelperNamespace, PullPolicy = HelperPullPolicy };

    /// <summary>Brings archives off the nodes of a cluster: one for each, with its helper pods, until the cmdlet ends.</summary>
    private protected ArchiveTransfer TransferFor(ClusterTarget cluster) => _helpers.For(cluster);

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        Finish();
        Wait(async _ =>
        {
            await _helpers.RemoveAsync();
            return true;
        });
    }

    /// <inheritdoc/>
    protected override async ValueTask CloseAsync()
    {
        await _helpers.RemoveAsync();
        await base.CloseAsync();
    }
}

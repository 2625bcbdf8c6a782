using System.Management.Automation;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Parameters;

namespace KubeCheckpoint.Pipeline;

/// <summary>A cmdlet that reads files on nodes through helper pods.</summary>
public abstract class HelperCmdlet : ClusterCmdlet, IHelperParameters
{
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
}

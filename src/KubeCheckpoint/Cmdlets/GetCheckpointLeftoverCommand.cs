using System.Management.Automation;
using KubeCheckpoint.Cluster.Leftovers;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Gets what cmdlets of this module have created for themselves and not removed, in a cluster and on this machine.</summary>
/// <remarks>
/// <para>Helper pods, the namespaces and copies of rehearsals, pods of proofs, pods that pull images and temporary files are removed by the
/// cmdlet that creates them. If its process is killed or loses the cluster, they are left. Each carries the cmdlet, the user, machine and
/// process of its owner, and the time until which it is needed, in labels and annotations (kubecheckpoint.io/...). Pods also have a
/// deadline at which the cluster ends them.</para>
/// <para>State says whether something is still needed: InUse (its process runs on this machine), Unknown (its process may run elsewhere),
/// Abandoned (its process has died, or its time has passed), Kept (Test-PodRestore -Keep), and Undecided for what you decide on: a pod of
/// an interrupted Move-Pod, whose original still exists, or an archive on a node that may be somebody else's. Remove-CheckpointLeftover
/// removes what is Abandoned.</para>
/// <para>If Move-Pod, Test-PodRestore or Test-CheckpointSupport -Deep is killed after a checkpoint, its helper pod removes the archive from the
/// node within five minutes. If it is killed while it waits for the checkpoint, the archive may also be one that somebody else made meanwhile:
/// it is shown with its node and path (Kind File, Place Node, Undecided), and RecommendedAction says how to take it or remove it.</para>
/// <para>Results are not leftovers: restored and moved pods, images, archives. The next cmdlet of the same user on the same machine removes
/// what its dead predecessors have left; -Verbose shows it.</para>
/// <para>Needs the right to list namespaces and pods. Without the right to list all pods, the namespace of the context and the default
/// namespace of helper pods are searched.</para>
/// </remarks>
/// <example>
/// <code>Get-CheckpointLeftover</code>
/// <para>Shows what is left in the current cluster and on this machine.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointLeftover | Where-Object State -EQ Abandoned | Remove-CheckpointLeftover</code>
/// <para>Removes what is no longer needed.</para>
/// </example>
/// <seealso cref="RemoveCheckpointLeftoverCommand"/>
/// <seealso cref="TestPodRestoreCommand"/>
[Cmdlet(VerbsCommon.Get, "CheckpointLeftover", HelpUri = HelpPages.Root + "Get-CheckpointLeftover.md")]
[OutputType(typeof(CheckpointLeftover))]
public sealed class GetCheckpointLeftoverCommand : ClusterCmdlet
{
    private bool _hasClient;

    /// <summary>The namespaces to search. Default: all that you may list.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("n")]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public string[]? Namespace { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var (cluster, namespaces) = (CurrentTarget, Namespace ?? []);
        Start(cluster.Context, cancellationToken => FindAsync(cluster, namespaces, cancellationToken));
    }

    private async Task FindAsync(ClusterTarget cluster, string[] namespaces, CancellationToken cancellationToken)
    {
        if (namespaces.Length == 0 && !_hasClient)
        {
            _hasClient = true;
            foreach (var file in LocalLeftovers.Find())
                await Output.WriteObjectAsync(file);
        }
        var (remarks, failures) = (new List<string>(), new List<KubeCheckpointException>());
        var found = await new LeftoverFinder(Connect(cluster)).FindAsync(namespaces, remarks.Add, failures.Add, cancellationToken);
        foreach (var leftover in found.Where(leftover => namespaces.Length == 0 || namespaces.Contains(leftover.Namespace ?? leftover.Name)))
            await Output.WriteObjectAsync(leftover);
        foreach (var remark in remarks)
            await Output.WriteWarningAsync(remark);
        foreach (var failure in failures)
            await Output.WriteErrorAsync(failure.ToErrorRecord(failure.Target));
    }
}

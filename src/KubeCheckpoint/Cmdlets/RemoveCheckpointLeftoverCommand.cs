using System.Management.Automation;
using KubeCheckpoint.Cluster.Leftovers;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Removes what cmdlets of this module have created for themselves and not removed.</summary>
/// <remarks>
/// <para>Removes what Get-CheckpointLeftover finds, exactly the object that was found: another one that has its name by now stays. A
/// namespace goes with everything in it. Writes what was removed.</para>
/// <para>Without -Force, only what is Abandoned goes: its process has died, or its time has passed. What may still be needed is left, with a
/// warning. -Force also removes what is Kept, InUse or Unknown; the cmdlet that uses it then fails. What is
/// Undecided (a pod of an interrupted Move-Pod, an archive that may be somebody else's) is never removed: RecommendedAction has the commands.</para>
/// <para>Before a helper pod, the archives go that its cmdlet has left on the node: through the pod itself or, if it has ended, through
/// another one.</para>
/// <para>Needs the right to get and delete the objects; for archives on nodes, those of Save-CheckpointArchive.</para>
/// </remarks>
/// <example>
/// <code>Get-CheckpointLeftover | Remove-CheckpointLeftover</code>
/// <para>Removes what is no longer needed from the current cluster and this machine.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointLeftover | Where-Object OwnerUser -EQ alice | Remove-CheckpointLeftover -Force -WhatIf</code>
/// <para>Shows what would be removed of one user, also what may still be needed.</para>
/// </example>
/// <seealso cref="GetCheckpointLeftoverCommand"/>
[Cmdlet(VerbsCommon.Remove, "CheckpointLeftover", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium,
    HelpUri = HelpPages.Root + "Remove-CheckpointLeftover.md")]
[OutputType(typeof(CheckpointLeftover))]
public sealed class RemoveCheckpointLeftoverCommand : HelperCmdlet
{
    /// <summary>The output of Get-CheckpointLeftover.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    public CheckpointLeftover InputObject { get; set; } = null!;

    /// <summary>Also removes what may still be needed: what is Kept, InUse or Unknown.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var (leftover, cluster) = (InputObject, CurrentTarget);
        if (leftover.State == LeftoverState.Undecided || leftover.Role == LeftoverRole.Move)
            WriteWarning($"{leftover} was left. {leftover.RecommendedAction ?? "Its move is in progress."}");
        else if (leftover.State != LeftoverState.Abandoned && !Force)
            WriteWarning($"{leftover} was left: {ReasonFor(leftover)}. -Force removes it.");
        else if (ShouldProcess($"{leftover}{(leftover.Cmdlet is null ? "" : $" of {leftover.Cmdlet}")}", "Remove"))
            Start(leftover, cancellationToken => RemoveAsync(leftover, cluster, cancellationToken));
    }

    private static string ReasonFor(CheckpointLeftover leftover) => leftover.State switch
    {
        LeftoverState.InUse => $"process {leftover.OwnerProcessId} uses it",
        LeftoverState.Kept => "it was kept on purpose",
        _ => $"process {leftover.OwnerProcessId} of {leftover.OwnerUser} on {leftover.OwnerHost} may still use it",
    };

    private async Task RemoveAsync(CheckpointLeftover leftover, ClusterTarget cluster, CancellationToken cancellationToken)
    {
        if (leftover.Place == LeftoverPlace.Client)
        {
            if (LeftoverRemover.Remove(leftover))
                await Output.WriteObjectAsync(leftover);
        }
        else if (await LeftoverRemover.RemoveAsync(Connect(cluster), leftover, this.ToTransferOptions(), cancellationToken))
        {
            await Output.WriteObjectAsync(leftover);
        }
    }
}

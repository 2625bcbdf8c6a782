using System.Management.Automation;
using KubeCheckpoint.Cluster.Moves;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Moves running pods to another node, with what is in their memory.</summary>
/// <remarks>
/// <para>Checkpoints every container that runs, brings the archives here, asks whether they will come back on the target node (as
/// Test-CheckpointArchive -NodeName does; -SkipPreflight leaves that out), pushes images made for the target node's runtime, restores the pod
/// there, verifies it (Running and Ready, not restarted, and what probes you ask for), and only then lets the original go. Whatever fails
/// before that leaves the original running, and what the move had made is removed: the restored pod, helper pods, archives here and on the
/// node. The images stay in the registry: a container that ends is started from them again.</para>
/// <para>The original runs on until the new pod is ready. What it does after the checkpoint is not in the new pod: the output says how long
/// that gap was.</para>
/// <para>Who owns the pod is found out and what that means is said before: -WhatIf shows it, and the cmdlet asks. A ReplicaSet (of a
/// Deployment) takes the new pod over and removes the original itself: the new pod gets the labels of the selector when it is ready, and the
/// original the lowest deletion cost; until then Services do not find the new pod. All pods of the ReplicaSet must be ready for that. A
/// StatefulSet, DaemonSet or Job does not take a moved pod for its own: that is refused, unless -AsStandalone takes the pod out of it. A pod
/// without an owner gets another name (-NewName; NAME-moved by default) and keeps its labels, and the name of its host.</para>
/// <para>Refused before anything is done: the same node, a node that is not Ready, cordoned or tainted (-Force moves there; not against a NoExecute taint), volumes that
/// cannot be on two nodes at once or cannot be reached from there, ports of the node that are taken. The content of emptyDir volumes does not
/// move.</para>
/// <para>Ctrl+C ends a move within a second and removes what it had made, until the original's owner or the API server has been told to let
/// the original go. An archive that was still being written, or had not been fetched yet, may then stay on its node.</para>
/// </remarks>
/// <example>
/// <code>Get-Pod web-5d4f7-x2v9k -Namespace shop | Move-Pod -NodeName node2 -Repository registry.local:5000/restore -HttpGet 8080/healthz</code>
/// <para>Moves a pod of a Deployment, once the copy answers on its health endpoint.</para>
/// </example>
/// <example>
/// <code>Get-Pod -NodeName node1 -Namespace shop | Move-Pod -NodeName node2 -Repository registry.local:5000/restore -WhatIf</code>
/// <para>Says for each pod of a node what moving it would mean.</para>
/// </example>
/// <example>
/// <code>Move-Pod redis -Namespace cache -NodeName node2 -Repository registry.local:5000/restore -TcpPort 6379 -Command redis-cli, ping -Destination ./cp -Confirm:$false</code>
/// <para>Moves a pod without an owner, and keeps the archives here.</para>
/// </example>
[Cmdlet(VerbsCommon.Move, "Pod", DefaultParameterSetName = InputSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(PodMove))]
public sealed class MovePodCommand : PodProbeCmdlet
{
    /// <summary>The node to move to.</summary>
    [Parameter(Mandatory = true)]
    [ArgumentCompleter(typeof(NodeNameCompleter))]
    public string NodeName { get; set; } = null!;

    /// <summary>
    /// The new pod's name. Default: one like those of the ReplicaSet's other pods; for a pod without an owner, the old name followed by
    /// '-moved'.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public string? NewName { get; set; }

    /// <summary>Takes the pod out of an owner that would not take the new one for its own, and that starts a fresh pod in its place.</summary>
    [Parameter]
    public SwitchParameter AsStandalone { get; set; }

    /// <summary>Keeps the archives in this folder.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Destination { get; set; }

    /// <summary>Leaves the archives on the node they were written on.</summary>
    [Parameter]
    public SwitchParameter KeepArchive { get; set; }

    /// <summary>Does not ask whether the archives will come back on the target node, and makes no pod there to look at it.</summary>
    [Parameter]
    public SwitchParameter SkipPreflight { get; set; }

    /// <summary>Moves to a cordoned node as well, to one with a NoSchedule taint, and where the preflight says that the pod will not come back.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override ArchiveTransferOptions TransferOptions => this.ToTransferOptions() with { RemoveSource = !KeepArchive };

    private protected override void Begin()
    {
        if (Repository is null)
            throw ParameterFailure.RepositoryNotGiven();
        base.Begin();
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var cluster = CurrentTarget;
        foreach (var (pod, source) in FindPods(this, cluster))
            Attempt(source, () => MovePod(pod, source, cluster));
    }

    private void MovePod(Pod pod, object source, ClusterTarget target)
    {
        var plan = Wait(cancellationToken => PlanAsync(pod, target, cancellationToken));
        var (description, question) = Describe(plan);
        if (ShouldProcess(description, question, "Move-Pod"))
            Start(source, cancellationToken => MoveAsync(plan, target, cancellationToken));
    }

    private async Task<MovePlan> PlanAsync(Pod pod, ClusterTarget target, CancellationToken cancellationToken)
    {
        var cluster = Connect(target);
        var request = new MoveRequest
        {
            Pod = pod,
            NodeName = NodeName,
            Repository = Repository!,
            Registry = Registry,
            Name = NewName,
            AsStandalone = AsStandalone,
            Force = Force,
            Destination = Destination is null ? null : FullPath(Destination),
            CheckpointTimeout = CheckpointTimeout,
            Timeout = TimeSpan.FromSeconds(TimeoutSec),
            PullBaseImages = !SkipPrePull,
            Probes = ProbesFor(cluster),
            ProbeTimeout = TimeSpan.FromSeconds(ProbeTimeoutSec),
            Preflight = SkipPreflight ? null : PreflightFor(target),
        };
        return await MoverFor(target).PlanAsync(request, cancellationToken);
    }

    private PodMover MoverFor(ClusterTarget target) => new(Connect(target), CheckpointerFor(target), TransferFor(target));

    private static (string Description, string Question) Describe(MovePlan plan)
    {
        var move = $"Moving pod '{plan.Pod}' from node '{plan.Pod.NodeName}' to node '{plan.Request.NodeName}' as '{plan.Pod.Namespace}/{plan.NewName}'.";
        var meaning = string.Join(Environment.NewLine, plan.Consequences.Select(sentence => $"  - {sentence}"));
        return ($"{move}{Environment.NewLine}{meaning}", $"{move}{Environment.NewLine}{meaning}{Environment.NewLine}Go on?");
    }

    private async Task MoveAsync(MovePlan plan, ClusterTarget target, CancellationToken cancellationToken)
    {
        using var progress = Output.OpenProgress();
        var remarks = new List<string>();
        try
        {
            await Output.WriteObjectAsync(await MoverFor(target).MoveAsync(plan, progress, remarks.Add, cancellationToken));
        }
        finally
        {
            if (!cancellationToken.IsCancellationRequested)
            {
                foreach (var remark in remarks)
                    await Output.WriteWarningAsync(remark);
            }
        }
    }
}

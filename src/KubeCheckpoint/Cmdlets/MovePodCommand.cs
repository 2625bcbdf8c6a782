using System.Management.Automation;
using KubeCheckpoint.Cluster.Moves;
using KubeCheckpoint.Cluster.Restore;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Moves a running pod to another node, with its memory.</summary>
/// <remarks>
/// <para>Checkpoints the running containers, downloads the archives, tests whether they can be restored on the target node, pushes images
/// made for that node's runtime, restores the pod there and verifies it: it must be Running and Ready without a restart and pass your
/// probes. Only then is the original removed. If anything fails before that, the original keeps running, and everything the move created is
/// removed: the new pod, helper pods and archives. The images stay in the registry, because a restarted container starts from them.</para>
/// <para>Part of the verification is a comparison of files with the archive, through the container's own shell: a sample, or all with -Verify.
/// What is missing, or differs although nothing has changed it since, ends the move. Containers without a shell are not compared.</para>
/// <para>The original runs until the new pod is ready. What it does after the checkpoint is lost; the output says how long that gap
/// was.</para>
/// <para>The cmdlet looks up the pod's owner and states what the move means for it before asking; -WhatIf shows the same. A ReplicaSet
/// adopts the new pod and removes the original itself; all its pods must be ready, and Services find the new pod once it is ready.
/// StatefulSets, DaemonSets and Jobs do not adopt a moved pod: the cmdlet refuses, unless -AsStandalone releases the pod from its owner. A
/// pod without an owner gets a new name (-NewName) and keeps its labels and its host name.</para>
/// <para>Some moves are refused at the start: to the same node, to a node that is not Ready or is cordoned or tainted, with volumes that
/// cannot be used from both nodes, or with node ports that are taken. -Force overrides cordons and NoSchedule taints. The content of
/// emptyDir volumes does not move.</para>
/// <para>Ctrl+C ends a move within a second and removes what it created, until the original is being removed. An archive that was being
/// written at that moment may stay on its node.</para>
/// <note>The images and archives hold all memory of the pod. Whoever can pull the images can read it.</note>
/// </remarks>
/// <example>
/// <code>Get-Pod web-5d4f7-x2v9k -Namespace shop | Move-Pod -NodeName node2 -Repository registry.local:5000/restore -HttpGet 8080/healthz</code>
/// <para>Moves a pod of a Deployment as soon as the copy answers at its health endpoint.</para>
/// </example>
/// <example>
/// <code>Get-Pod -NodeName node1 -Namespace shop | Move-Pod -NodeName node2 -Repository registry.local:5000/restore -WhatIf</code>
/// <para>Shows what the move would mean for each pod of a node.</para>
/// </example>
/// <example>
/// <code>
/// $target = @{ NodeName = 'node2'; Repository = 'registry.local:5000/restore' }
/// Move-Pod redis -Namespace cache @target -TcpPort 6379 -Command redis-cli, ping -Destination ./cp -Confirm:$false
/// </code>
/// <para>Moves a pod without an owner and keeps the archives.</para>
/// </example>
/// <seealso cref="TestPodRestoreCommand"/>
/// <seealso cref="TestCheckpointArchiveCommand"/>
[Cmdlet(VerbsCommon.Move, "Pod", DefaultParameterSetName = InputSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High,
    HelpUri = HelpPages.Root + "Move-Pod.md")]
[OutputType(typeof(PodMove))]
public sealed class MovePodCommand : PodProbeCmdlet
{
    /// <summary>The node to move to.</summary>
    [Parameter(Mandatory = true)]
    [ArgumentCompleter(typeof(NodeNameCompleter))]
    public string NodeName { get; set; } = null!;

    /// <summary>
    /// The name of the new pod. Default: a name generated as for the ReplicaSet's other pods; for a pod without an owner, the old name
    /// followed by '-moved'.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public string? NewName { get; set; }

    /// <summary>Releases the pod from an owner that would not adopt the new pod. The owner then starts a fresh pod in its place.</summary>
    [Parameter]
    public SwitchParameter AsStandalone { get; set; }

    /// <summary>Keeps the archives in this folder. Default: the archives are deleted.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Destination { get; set; }

    /// <summary>Leaves the archives on the node where they were written.</summary>
    [Parameter]
    public SwitchParameter KeepArchive { get; set; }

    /// <summary>Does not test whether the archives can be restored on the target node, and starts no helper pod there.</summary>
    [Parameter]
    public SwitchParameter SkipPreflight { get; set; }

    /// <summary>
    /// Also moves to a cordoned node, to a node with a NoSchedule taint, and when the preflight says that the pod cannot be restored.
    /// </summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override ArchiveTransferOptions TransferOptions =>
        this.ToTransferOptions() with { RemoveSource = !KeepArchive, IsPassing = !KeepArchive };

    private protected override void Begin()
    {
        if (Repository is null)
            throw RestoreFailure.RepositoryMissing();
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
            ComparesAllFiles = Verify,
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
        return ($"{move}{Environment.NewLine}{meaning}", $"{move}{Environment.NewLine}{meaning}{Environment.NewLine}Continue?");
    }

    private async Task MoveAsync(MovePlan plan, ClusterTarget target, CancellationToken cancellationToken)
    {
        Sweep(target, HelperNamespace, plan.Pod.Namespace);
        using var progress = Output.OpenProgress();
        var remarks = new List<string>();
        try
        {
            await Output.WriteObjectAsync(await MoverFor(target).MoveAsync(plan, progress, remarks.Add, cancellationToken));
        }
        finally
        {
            if (!cancellationToken.IsCancellationRequested)
                await Output.WriteWarningsAsync(remarks);
        }
    }
}

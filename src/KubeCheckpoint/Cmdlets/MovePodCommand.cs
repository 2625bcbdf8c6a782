using System.Collections.Concurrent;
using System.Management.Automation;
using KubeCheckpoint.Cluster.Moves;
using KubeCheckpoint.Cluster.Nodes;
using KubeCheckpoint.Cluster.Restore;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Cluster.Volumes;
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
/// <para>The original is frozen from the instant of its dump until the new pod has replaced it, so that nothing it has acknowledged is lost.
/// Clients wait for that time (Downtime in the output). If the move fails, on Ctrl+C, and when PowerShell dies, the original continues where it was.
/// A helper pod on its node holds it: it may write to the cgroups of the node. Liveness probes set how long that may take (-MaxFreezeSec). With
/// -NoFreeze the original runs until the new pod is ready, and what it does after the checkpoint is lost (Gap in the output).</para>
/// <para>The cmdlet looks up the pod's owner and states what the move means for it before asking; -WhatIf shows the same. A ReplicaSet
/// adopts the new pod and removes the original itself; all its pods must be ready. Services find the new pod when the original is removed.
/// StatefulSets, DaemonSets and Jobs do not adopt a moved pod: the cmdlet refuses, unless -AsStandalone releases the pod from its owner. A
/// pod without an owner gets a new name (-NewName) and keeps its labels and its host name.</para>
/// <para>Several pods are all planned before the first one moves, those that request the most memory first, so that everything that cannot move
/// is named at the start. -ThrottleLimit moves at a time.</para>
/// <para>Some moves are refused at the start: to the same node, to a node that is not Ready, is cordoned or tainted or has too little left for
/// what the pod requests, with volumes that cannot be used from both nodes, or with node ports that are taken. -Force overrides cordons and
/// NoSchedule taints.</para>
/// <para>The content of emptyDir volumes and of the pod's /dev/shm moves too, unless -SkipVolumes leaves it. An init container puts it into the
/// new pod, as root: the pod security standard restricted does not allow it. Folders of the node (hostPath) and files of huge pages do not move.
/// </para>
/// <para>Ctrl+C ends a move within a second and removes what it created, until the original is being removed. An archive that was being
/// written at that moment may stay on its node.</para>
/// <note>The images and archives hold all memory of the pod. Whoever can pull the images can read it.</note>
/// </remarks>
/// <example>
/// <code>Get-Pod web-5d4f7-x2v9k -Namespace shop | Move-Pod -NodeName node2 -Repository registry.local:5000/restore -HttpGet 8080/healthz</code>
/// <para>Moves a pod of a Deployment as soon as the copy answers at its health endpoint.</para>
/// </example>
/// <example>
/// <code>Get-Pod -NodeName node1 -Namespace shop | Move-Pod -NodeName node2, node3 -Repository registry.local:5000/restore -WhatIf</code>
/// <para>Shows what emptying a node would mean: where each of its pods would move, and which cannot.</para>
/// </example>
/// <example>
/// <code>
/// $target = @{ NodeName = 'node2'; Repository = 'registry.local:5000/restore' }
/// Move-Pod redis -Namespace cache @target -TcpPort 6379 -Command redis-cli, ping -Destination ./cp -Confirm:$false
/// </code>
/// <para>Moves a pod without an owner and keeps the archives.</para>
/// </example>
/// <example>
/// <code>Move-Pod db-0 -Namespace shop @target -AsStandalone -Before { Disable-Alert $_.PodName } -After { Enable-Alert $_.PodName }</code>
/// <para>Runs script blocks before the checkpoint and at the end, whatever becomes of the move.</para>
/// </example>
/// <seealso cref="TestPodRestoreCommand"/>
/// <seealso cref="TestCheckpointArchiveCommand"/>
[Cmdlet(VerbsCommon.Move, "Pod", DefaultParameterSetName = InputSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High,
    HelpUri = HelpPages.Root + "Move-Pod.md")]
[OutputType(typeof(PodMove))]
[NotWith(nameof(NoFreeze), nameof(MaxFreezeSec))]
public sealed class MovePodCommand : PodProbeCmdlet
{
    /// <summary>
    /// The nodes to move to. Wildcards are allowed. Of several, each pod moves to one that accepts it and has room for what it requests: first
    /// where the fewest pods of its owner are, then to a node with its own runtime, then where the most memory is free.
    /// </summary>
    [Parameter(Mandatory = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(NodeNameCompleter))]
    public string[] NodeName { get; set; } = null!;

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

    /// <summary>
    /// Does not hold the original still: it runs until the new pod is ready, and what it does after its checkpoint is lost. For nodes whose
    /// cgroups helper pods may not write.
    /// </summary>
    [Parameter]
    public SwitchParameter NoFreeze { get; set; }

    /// <summary>
    /// How long the original may be frozen, in seconds; then it continues, and the move has failed. Default: until the kubelet would have it killed
    /// because of a liveness probe, and 300 if it has none.
    /// </summary>
    [Parameter]
    [ValidateRange(1, 86400)]
    public int? MaxFreezeSec { get; set; }

    /// <summary>
    /// What runs before the checkpoint: script blocks, which get the pod as $_, or a command with its arguments, which runs in a container of the
    /// pod. If it fails, the pod is not touched. The pod's annotation kubecheckpoint.io/before-move, a JSON array such as ["redis-cli", "SAVE"],
    /// asks for a command too.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public object[]? Before { get; set; }

    /// <summary>
    /// What runs at the end, as -Before, in the pod that stays: the new one, or the original if the move failed. Script blocks do not run after
    /// Ctrl+C. The annotation is kubecheckpoint.io/after-move.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FreeTextCompleter))]
    public object[]? After { get; set; }

    /// <summary>
    /// The container that the commands of -Before and -After run in. Default: the first container of the pod. The annotation is
    /// kubecheckpoint.io/hook-container.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
    public string? HookContainer { get; set; }

    /// <summary>Does not move the content of emptyDir volumes and /dev/shm.</summary>
    [Parameter]
    public SwitchParameter SkipVolumes { get; set; }

    /// <summary>Does not test whether the archives can be restored on the target node, and starts no helper pod there.</summary>
    [Parameter]
    public SwitchParameter SkipPreflight { get; set; }

    /// <summary>
    /// Also moves to a cordoned node, to a node with a NoSchedule taint, when the preflight says that the pod cannot be restored, and when it would
    /// be frozen for longer than it may.
    /// </summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    private readonly List<PodToMove> _pods = [];
    private readonly ConcurrentBag<PodMove> _moves = [];
    private readonly PerKey<ClusterTarget, VolumeTransfer> _volumes;
    private int _started;

    /// <summary>Makes the cmdlet.</summary>
    public MovePodCommand() =>
        _volumes = Own(new PerKey<ClusterTarget, VolumeTransfer>(target => new VolumeTransfer(Connect(target), TransferFor(target), TransferOptions)));

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
            _pods.Add(new(pod, source, cluster));
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        // All moves are planned before the first pod moves: what is refused is known at the start, and no two plans count on the same room.
        foreach (var pods in _pods.DistinctBy(item => (item.Cluster, item.Pod.PodUid)).GroupBy(item => item.Cluster))
            Attempt(null, () => MovePods(pods.Key, MovePlanner.Ordered(pods, item => item.Pod)));
        base.EndProcessing();
        Summarize();
    }

    private void MovePods(ClusterTarget target, IReadOnlyList<PodToMove> pods)
    {
        var planner = Wait(cancellationToken => PlannerAsync(target, pods, cancellationToken));
        var moves = pods.Select(item => (Item: item, Plan: Attempt(item.Source, () => Wait(cancellationToken => PlanAsync(item, planner, cancellationToken)))))
            .Where(move => move.Plan is not null).ToList();
        var started = 0;
        foreach (var (item, plan) in moves)
        {
            var (description, question) = Describe(plan!);
            if (!ShouldProcess(description, question, "Move-Pod"))
                continue;
            var hasWaited = started++ >= ThrottleLimit;
            Start(item.Source, cancellationToken => MoveAsync(plan!, hasWaited, target, cancellationToken));
        }

        _started += started;
    }

    private async Task<MovePlanner> PlannerAsync(ClusterTarget target, IReadOnlyList<PodToMove> pods, CancellationToken cancellationToken)
    {
        var cluster = Connect(target);
        var failures = new List<KubeCheckpointException>();
        var nodes = await NodeFinder.FindAsync(cluster, NodeName, failures.Add, cancellationToken);
        if (nodes.Count == 0)
            throw failures.FirstOrDefault() ?? NodeFailure.NoNodeMatches(string.Join(", ", NodeName));
        foreach (var failure in failures)
            await Output.WriteErrorAsync(failure.ToErrorRecord(failure.Target));
        var placement = await MovePlacement.ReadAsync(cluster, nodes, [.. pods.Select(item => item.Pod)], cancellationToken);
        return new(MoverFor(target), placement);
    }

    private Task<MovePlan> PlanAsync(PodToMove item, MovePlanner planner, CancellationToken cancellationToken) =>
        planner.PlanAsync(item.Pod, node => RequestFor(item.Pod, node, item.Cluster), cancellationToken);

    private MoveRequest RequestFor(Pod pod, string node, ClusterTarget target) => new()
    {
        Pod = pod,
        NodeName = node,
        Repository = Repository!,
        Registry = Registry,
        Name = NewName,
        AsStandalone = AsStandalone,
        Force = Force,
        Destination = Destination is null ? null : FullPath(Destination),
        Freezes = !NoFreeze,
        MaxFreeze = MaxFreezeSec is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        Volumes = SkipVolumes ? null : _volumes[target],
        Helper = TransferOptions,
        Before = HooksOf(Before, target),
        After = HooksOf(After, target),
        CheckpointTimeout = CheckpointTimeout,
        Timeout = TimeSpan.FromSeconds(TimeoutSec),
        PullBaseImages = !SkipPrePull,
        ComparesAllFiles = Verify,
        Probes = ProbesFor(Connect(target)),
        ProbeTimeout = TimeSpan.FromSeconds(ProbeTimeoutSec),
        Preflight = SkipPreflight ? null : PreflightFor(target),
    };

    /// <summary>Each script block is a hook; what else there is makes one command.</summary>
    private List<IMoveHook> HooksOf(object[]? items, ClusterTarget target)
    {
        var values = (items ?? []).Select(item => item is PSObject wrapped ? wrapped.BaseObject : item).ToList();
        var scripts = values.OfType<ScriptBlock>().ToList();
        List<IMoveHook> hooks = [.. scripts.Select(script => new ScriptHook(Output, script))];
        var command = values.Where(value => !scripts.Contains(value)).Select(LanguagePrimitives.ConvertTo<string>).ToList();
        if (command.Count > 0)
            hooks.Add(new CommandHook(Connect(target), command, HookContainer));
        return hooks;
    }

    private PodMover MoverFor(ClusterTarget target) => new(Connect(target), CheckpointerFor(target), TransferFor(target));

    private static (string Description, string Question) Describe(MovePlan plan)
    {
        var move = $"Moving pod '{plan.Pod}' from node '{plan.Pod.NodeName}' to node '{plan.Request.NodeName}' as '{plan.Pod.Namespace}/{plan.NewName}'.";
        var meaning = string.Join(Environment.NewLine, plan.Consequences.Select(sentence => $"  - {sentence}"));
        return ($"{move}{Environment.NewLine}{meaning}", $"{move}{Environment.NewLine}{meaning}{Environment.NewLine}Continue?");
    }

    private async Task MoveAsync(MovePlan plan, bool hasWaited, ClusterTarget target, CancellationToken cancellationToken)
    {
        Sweep(target, HelperNamespace, plan.Pod.Namespace);
        using var progress = Output.OpenProgress();
        var remarks = new List<string>();
        try
        {
            var mover = MoverFor(target);
            var current = hasWaited ? await mover.RefreshAsync(plan, cancellationToken) : plan;
            var move = await mover.MoveAsync(current, progress, remarks.Add, cancellationToken);
            _moves.Add(move);
            await Output.WriteObjectAsync(move);
        }
        finally
        {
            if (!cancellationToken.IsCancellationRequested)
                await Output.WriteWarningsAsync(remarks);
        }
    }

    /// <summary>One move speaks for itself. Of several, what did not move is easily missed among the others.</summary>
    private void Summarize()
    {
        if (_pods.Count < 2 || _started == 0)
            return;
        var targets = _moves.GroupBy(move => move.NodeName).Select(moves => $"{moves.Count()} to {moves.Key}");
        var summary = $"Moved {_moves.Count} of {_pods.Count} pods{(_moves.IsEmpty ? "" : $": {string.Join(", ", targets.Order(StringComparer.Ordinal))}")}.";
        if (_moves.Count == _pods.Count)
            WriteVerbose(summary);
        else
            WriteWarning($"{summary} The errors say why the others stay.");
    }

    /// <summary>A pod, the object it was named by, and its cluster.</summary>
    private sealed record PodToMove(Pod Pod, object Source, ClusterTarget Cluster);
}

using System.Management.Automation;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Moves;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Images.Registry;
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
/// without an owner gets another name (-Name; NAME-moved by default) and keeps its labels, and the name of its host.</para>
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
    private const string InputSet = "InputObject";
    private const string NameSet = "Name";

    private readonly PodCheckpointers _checkpointers = new();
    private RegistryOptions _registry = null!;

    /// <summary>
    /// The pods: of Get-Pod, items of 'kubectl get pod -o json | ConvertFrom-Json', names, or anything with PodName and Namespace.
    /// </summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = InputSet)]
    public PSObject InputObject { get; set; } = null!;

    /// <summary>The name of the pod.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = NameSet)]
    [ArgumentCompleter(typeof(PodNameCompleter))]
    public string[] PodName { get; set; } = null!;

    /// <summary>The namespace of pods given by name. Without it: the namespace of the context.</summary>
    [Parameter]
    [Alias("n")]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public string? Namespace { get; set; }

    /// <summary>The node to move to.</summary>
    [Parameter(Mandatory = true)]
    [ArgumentCompleter(typeof(NodeNameCompleter))]
    public string NodeName { get; set; } = null!;

    /// <summary>
    /// The new pod's name. Without it: one like the ReplicaSet's other pods have; for a pod without an owner the old name with '-moved'
    /// behind it.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

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

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        try
        {
            if (Repository is null)
                throw ParameterFailure.RepositoryNotGiven();
            _registry = ReadRegistryOptions();
        }
        catch (KubeCheckpointException failure)
        {
            ThrowTerminatingError(failure.ToErrorRecord(null));
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var input in ParameterSetName == NameSet ? PodName.Select(name => new PodInput(Namespace, name, null, name)) : ReadPods(InputObject))
        {
            try
            {
                MovePod(input, CurrentTarget);
            }
            catch (KubeCheckpointException failure)
            {
                WriteError(failure.ToErrorRecord(input.Source));
            }
        }
    }

    /// <inheritdoc/>
    protected override async ValueTask CloseAsync()
    {
        _checkpointers.Dispose();
        await base.CloseAsync();
    }

    private protected override ArchiveTransferOptions TransferOptions => base.TransferOptions with { RemoveSource = !KeepArchive };

    private void MovePod(PodInput input, ClusterTarget target)
    {
        var plan = Wait(async cancellationToken => await PlanAsync(input, Connect(target), cancellationToken));
        var (description, question) = Describe(plan);
        if (ShouldProcess(description, question, "Move-Pod"))
            Start(input.Source, cancellationToken => MoveAsync(plan, target, cancellationToken));
    }

    private async Task<MovePlan> PlanAsync(PodInput input, ClusterClient cluster, CancellationToken cancellationToken)
    {
        // What came down the pipeline may be minutes old, and all depends on how the pod is now.
        var pod = await cluster.GetPodAsync(input.Namespace ?? Namespace ?? cluster.DefaultNamespace, input.PodName, cancellationToken);
        var request = new MoveRequest
        {
            Pod = pod,
            NodeName = NodeName,
            Repository = Repository!,
            Registry = _registry,
            Name = Name,
            AsStandalone = AsStandalone,
            Force = Force,
            Destination = FullPath(Destination),
            CheckpointTimeout = CheckpointTimeout,
            Timeout = TimeSpan.FromSeconds(TimeoutSec),
            PullBaseImages = !SkipPrePull,
            Probes = ProbesFor(cluster),
            ProbeTimeout = TimeSpan.FromSeconds(ProbeTimeoutSec),
            Preflight = SkipPreflight ? null : PreflightFor(cluster),
        };
        return await new PodMover(cluster, _checkpointers.For(cluster, TransferFor(cluster.Target)), TransferFor(cluster.Target)).PlanAsync(request, cancellationToken);
    }

    private static (string Description, string Question) Describe(MovePlan plan)
    {
        var move = $"Moving pod '{plan.Pod}' from node '{plan.Pod.NodeName}' to node '{plan.Request.NodeName}' as '{plan.Pod.Namespace}/{plan.NewName}'.";
        var meaning = string.Join(Environment.NewLine, plan.Consequences.Select(sentence => $"  - {sentence}"));
        return ($"{move}{Environment.NewLine}{meaning}", $"{move}{Environment.NewLine}{meaning}{Environment.NewLine}Go on?");
    }

    private async Task MoveAsync(MovePlan plan, ClusterTarget target, CancellationToken cancellationToken)
    {
        using var progress = Output.OpenProgress();
        var cluster = Connect(target);
        var remarks = new List<string>();
        var mover = new PodMover(cluster, _checkpointers.For(cluster, TransferFor(target)), TransferFor(target));
        try
        {
            await Output.WriteObjectAsync(await mover.MoveAsync(plan, progress, remarks.Add, cancellationToken));
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

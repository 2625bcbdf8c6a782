using System.Security.Cryptography;
using KubeCheckpoint.Cluster.Checkpoints;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Objects;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Restore;
using KubeCheckpoint.Cluster.Transfer;

namespace KubeCheckpoint.Cluster.Moves;

/// <summary>
/// Moves pods to other nodes: checkpoint, image, restore, verify, and only then the original goes. What fails before that leaves the
/// original as it was.
/// </summary>
/// <param name="cluster">The cluster. Stays the caller's to dispose of, as do the others.</param>
/// <param name="checkpointer">Asks for checkpoints.</param>
/// <param name="transfer">Brings archives off their nodes. Where it does not remove them there, they stay.</param>
public sealed class PodMover(ClusterClient cluster, ContainerCheckpointer checkpointer, ArchiveTransfer transfer)
{
    private const string MovedSuffix = "-moved";
    private const int LastNumber = 99;
    private const int RandomLength = 5;

    /// <summary>What Kubernetes makes the ends of generated names of: nothing that reads as a word.</summary>
    private const string RandomLetters = "bcdfghjklmnpqrstvwxz2456789";

    /// <summary>Says what a move would do and mean, and whether it can be done. Changes nothing.</summary>
    /// <param name="request">What to move.</param>
    /// <param name="cancellationToken">Cancels the requests.</param>
    /// <exception cref="KubeCheckpointException">
    /// NodeNotFound and those of the checks: MoveStaticPod, PodNotRunning, MoveToSameNode, NodeNotReady, NodeCordoned, NodeRuntimeUnsupported,
    /// NodeTaintNotTolerated, MoveVolumeNotShared, MoveVolumeUnreachable, MoveHostPortTaken, MoveOwnerUnsupported, MoveOwnerBusy, PodExists;
    /// Forbidden, ClusterUnreachable and the like.
    /// </exception>
    public async Task<MovePlan> PlanAsync(MoveRequest request, CancellationToken cancellationToken)
    {
        var pod = request.Pod;
        var node = await cluster.GetNodeAsync(request.NodeName, cancellationToken).ConfigureAwait(false);
        var manifest = PodDocument.Parse(pod.Manifest);
        var consequences = await new MoveCheck(cluster, request, node, manifest).RunAsync(cancellationToken).ConfigureAwait(false);
        var objects = new ObjectApi(cluster.Server);
        var owner = await new OwnerChain(objects, pod.Namespace).ReadAsync(manifest, cancellationToken).ConfigureAwait(false);
        CheckOwner(request, owner);
        var plan = new MovePlan(request, manifest, node)
        {
            Owner = owner,
            NewName = "",
            HiddenLabels = HiddenLabels(request, owner),
            Consequences = [WhatTheGapMeans(), WhatTheOwnerDoes(request, owner), .. WhatBecomesOfTheLabels(request, owner), .. consequences],
        };
        if (plan.IsSwapped)
            await new ReplicaSwap(cluster, owner!, pod, manifest).CheckAsync(cancellationToken).ConfigureAwait(false);
        else
            await objects.TryDeleteAsync(PodApi.PathOf(pod.Namespace, pod.PodName), cancellationToken).ConfigureAwait(false);
        return plan with { NewName = await NewNameAsync(plan, cancellationToken).ConfigureAwait(false) };
    }

    /// <summary>Carries out a plan.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="progress">Is told the steps.</param>
    /// <param name="onRemark">Is told what does not end the move and should be known.</param>
    /// <param name="cancellationToken">
    /// Ends it: what was made is removed again within a second, unless the original's owner or the API server has been told to let it go.
    /// </param>
    /// <exception cref="KubeCheckpointException">
    /// MoveFailed, whose inner exception says why; MoveWrongPodRemoved, MoveOriginalNotRemoved.
    /// </exception>
    public async Task<PodMove> MoveAsync(
        MovePlan plan, IProgress<TransferProgress>? progress, Action<string> onRemark, CancellationToken cancellationToken) =>
        await new PodMoveRun(cluster, checkpointer, transfer, plan, progress, onRemark).RunAsync(cancellationToken).ConfigureAwait(false);

    private static void CheckOwner(MoveRequest request, PodOwner? owner)
    {
        if (owner is null || owner.Adopts || request.AsStandalone)
            return;
        var (ns, name) = (request.Pod.Namespace, request.Pod.PodName);
        throw MoveFailure.MoveOwnerUnsupported(ns, name, owner.ToString(), owner.Kind switch
        {
            "StatefulSet" => "A StatefulSet knows its pods by their names, and two pods cannot have one name: it would not take the moved pod for its own.",
            "DaemonSet" => "A DaemonSet keeps one pod on each node: the target node has its own, or is not to have any.",
            "Job" => "A Job removes the youngest of its pods when there is one too many, which would be the moved one.",
            _ => "It is not known how that owner deals with a pod in another's place.",
        });
    }

    private static string WhatTheGapMeans() => "The original runs on until the new pod is ready: what it does after the checkpoint is not in the new pod.";

    private static string WhatTheOwnerDoes(MoveRequest request, PodOwner? owner) => owner switch
    {
        null => "The pod has no owner: the new one has another name and the same labels, so that Services send to both for a moment, and the original is deleted.",
        { Adopts: true } when !request.AsStandalone =>
            $"{owner} takes the new pod over and removes the original: the number of its pods stays right. Its template is not changed: a pod that it " +
            "makes later starts afresh.",
        { Kind: "StatefulSet" } =>
            $"The new pod stands alone. {owner} starts a fresh pod '{request.Pod.PodName}' in the original's place.",
        { Kind: "DaemonSet" } => $"The new pod stands alone. {owner} starts a fresh pod on node '{request.Pod.NodeName}'.",
        { Kind: "Job" } => $"The new pod stands alone. {owner} counts the original as failed, and starts another where its backoffLimit lets it.",
        _ => $"The new pod stands alone. {owner} may start a fresh pod in the original's place.",
    };

    /// <summary>A StatefulSet takes pods by their names only, a Job by labels that are dropped anyway.</summary>
    private static IReadOnlyList<string> HiddenLabels(MoveRequest request, PodOwner? owner)
    {
        if (owner?.Manifest is null || owner.Kind is not ("ReplicaSet" or "ReplicationController" or "DaemonSet"))
            return [];
        var selector = ObjectSelector.Of(owner.Manifest);
        var carried = request.Pod.Labels.Where(label => !CarryOver.IsOwnersLabel(label.Key)).ToDictionary(StringComparer.Ordinal);
        return owner.Adopts && !request.AsStandalone || selector.IsMatch(carried) ? [.. selector.Keys] : [];
    }

    private static IEnumerable<string> WhatBecomesOfTheLabels(MoveRequest request, PodOwner? owner)
    {
        var hidden = HiddenLabels(request, owner);
        if (request.AsStandalone && hidden.Count > 0)
            yield return $"The new pod does not get the labels {string.Join(", ", hidden)}, by which {owner} would take it back: Services that go by them do not find it.";
    }

    private async Task<string> NewNameAsync(MovePlan plan, CancellationToken cancellationToken)
    {
        var (ns, old) = (plan.Pod.Namespace, plan.Pod.PodName);
        if (plan.Request.Name is { } chosen)
        {
            return await cluster.Pods.FindAsync(ns, ResourceName.Pod(chosen), cancellationToken).ConfigureAwait(false) is null
                ? chosen
                : throw RestoreFailure.PodExists(ns, chosen);
        }

        if (plan.IsSwapped)
            return RestoreManifest.WithSuffix(plan.Owner!.Name, $"-{RandomNumberGenerator.GetString(RandomLetters, RandomLength)}");

        // A pod that is moved once more does not become a -moved-moved.
        var at = old.LastIndexOf(MovedSuffix, StringComparison.Ordinal);
        var isMoved = at > 0 && old[(at + MovedSuffix.Length)..].TrimStart('-').All(char.IsAsciiDigit);
        var stem = isMoved ? old[..at] : old;
        for (var number = 1; number <= LastNumber; number++)
        {
            var name = RestoreManifest.WithSuffix(stem, number == 1 ? MovedSuffix : $"{MovedSuffix}-{number}");
            if (await cluster.Pods.FindAsync(ns, name, cancellationToken).ConfigureAwait(false) is null)
                return name;
        }

        throw RestoreFailure.PodExists(ns, $"{stem}{MovedSuffix}");
    }
}

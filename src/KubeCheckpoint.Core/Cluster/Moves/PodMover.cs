using System.Security.Cryptography;
using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Checkpoints;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Objects;
using KubeCheckpoint.Cluster.Ownership;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Restore;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Moves;

/// <summary>
/// Moves pods to other nodes: checkpoint, build an image, restore, verify, and only then remove the original. A failure before that leaves
/// the original unchanged.
/// </summary>
/// <param name="cluster">The cluster. The caller disposes of it and of the others.</param>
/// <param name="checkpointer">Takes checkpoints.</param>
/// <param name="transfer">Saves archives. Whether it removes them from their nodes depends on its options.</param>
public sealed class PodMover(ClusterClient cluster, ContainerCheckpointer checkpointer, ArchiveTransfer transfer)
{
    private const string MovedSuffix = "-moved";
    private const int LastNumber = 99;
    private const int RandomLength = 5;

    /// <summary>The characters of the suffixes that Kubernetes generates, which never form words.</summary>
    private const string RandomLetters = "bcdfghjklmnpqrstvwxz2456789";

    /// <summary>Plans a move: checks whether it can be done, and what it means for the pod. Changes nothing.</summary>
    /// <param name="request">What to move.</param>
    /// <param name="cancellationToken">Cancels the requests.</param>
    /// <exception cref="KubeCheckpointException">
    /// NodeNotFound and those of the checks: MoveStaticPod, PodNotRunning, MoveToSameNode, NodeNotReady, NodeCordoned, NodeRuntimeUnsupported,
    /// NodeTaintNotTolerated, MoveVolumeNotShared, MoveVolumeUnreachable, MoveHostPortTaken, MoveHookInvalid, MoveOwnerUnsupported, MoveOwnerBusy, PodExists;
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
        var limit = await CheckFreezeAsync(request, manifest, cancellationToken).ConfigureAwait(false);
        IMoveHook?[] before = [.. request.Before, HookAnnotations.Read(cluster, pod, manifest, OwnerMarks.BeforeMove)];
        IMoveHook?[] after = [HookAnnotations.Read(cluster, pod, manifest, OwnerMarks.AfterMove), .. request.After];
        var plan = new MovePlan(request, manifest, node)
        {
            Before = [.. before.OfType<IMoveHook>()],
            After = [.. after.OfType<IMoveHook>()],
            Owner = owner,
            NewName = "",
            HiddenLabels = HiddenLabels(request, owner),
            LateLabels = request.Freezes ? await LateLabelsAsync(objects, pod, cancellationToken).ConfigureAwait(false) : [],
            MaxFreeze = limit.Time,
            Consequences =
            [
                WhatTheGapMeans(request, limit), WhatTheOwnerDoes(request, owner), .. WhatBecomesOfTheLabels(request, owner),
                .. WhatRuns(before, after), .. consequences,
            ],
        };
        if (plan.IsSwapped)
            await new ReplicaSwap(cluster, owner!, pod, manifest).CheckAsync(cancellationToken).ConfigureAwait(false);
        else
            await objects.TryDeleteAsync(PodApi.PathOf(pod.Namespace, pod.PodName), cancellationToken).ConfigureAwait(false);
        return plan with { NewName = await NewNameAsync(plan, cancellationToken).ConfigureAwait(false) };
    }

    /// <summary>Makes a plan again that had to wait for other moves.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="cancellationToken">Cancels the requests.</param>
    /// <exception cref="KubeCheckpointException">PodNotFound, if the pod is gone or another one; those of <see cref="PlanAsync"/>.</exception>
    public async Task<MovePlan> RefreshAsync(MovePlan plan, CancellationToken cancellationToken)
    {
        var now = await cluster.GetPodAsync(plan.Pod.Namespace, plan.Pod.PodName, cancellationToken).ConfigureAwait(false);
        return now.PodUid == plan.Pod.PodUid
            ? await PlanAsync(plan.Request with { Pod = now }, cancellationToken).ConfigureAwait(false)
            : throw PodFailure.PodNotFound(now.Namespace, now.PodName);
    }

    /// <summary>Carries out a plan.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="progress">Receives the steps.</param>
    /// <param name="onRemark">Receives what the user should know although the move continues.</param>
    /// <param name="cancellationToken">
    /// Cancels it: what was created is removed within a second, unless the original's owner or the API server has been asked to remove the original.
    /// </param>
    /// <exception cref="KubeCheckpointException">
    /// MoveFailed, whose inner exception says why; MoveWrongPodRemoved, MoveOriginalNotRemoved.
    /// </exception>
    public async Task<PodMove> MoveAsync(
        MovePlan plan, IProgress<TransferProgress>? progress, Action<string> onRemark, CancellationToken cancellationToken)
    {
        var run = new PodMoveRun(cluster, checkpointer, transfer, plan, progress, onRemark);
        await using (run.ConfigureAwait(false))
            return await run.RunAsync(cancellationToken).ConfigureAwait(false);
    }

    private static void CheckOwner(MoveRequest request, PodOwner? owner)
    {
        if (owner is null || owner.Adopts || request.AsStandalone)
            return;
        var (ns, name) = (request.Pod.Namespace, request.Pod.PodName);
        throw MoveFailure.MoveOwnerUnsupported(ns, name, owner.ToString(), owner.Kind switch
        {
            "StatefulSet" => "A StatefulSet identifies its pods by name, and two pods cannot have the same name: it would not adopt the moved pod.",
            "DaemonSet" => "A DaemonSet keeps one pod on each node: the target node has its own, or is excluded.",
            "Job" => "A Job removes its newest pod if there is one too many, which would be the moved pod.",
            _ => "It is not known how this owner treats a pod that replaces another.",
        });
    }

    private static string WhatTheGapMeans(MoveRequest request, FreezeLimit limit) => request.Freezes
        ? $"The original is frozen from its checkpoint until the new pod has replaced it, for at most {limit.Time.TotalSeconds:0} s. " +
            "If the move fails, it continues; nothing that it does is lost."
        : "The original continues to run until the new pod is ready: its work after the checkpoint is not in the new pod.";

    private async Task<FreezeLimit> CheckFreezeAsync(MoveRequest request, PodDocument manifest, CancellationToken cancellationToken)
    {
        var limit = FreezeLimit.Of(manifest);
        if (request.MaxFreeze is { } chosen)
            limit = new(chosen, null);
        if (!request.Freezes || request.Force)
            return limit;
        var (ns, name) = (request.Pod.Namespace, request.Pod.PodName);
        var estimate = await FreezeEstimate.ReadAsync(cluster, request.Pod, cancellationToken).ConfigureAwait(false);
        return estimate.Time > limit.Time
            ? throw MoveFailure.MoveFreezeTooLong(ns, name, estimate.Time, estimate.Bytes, limit.Time, limit.Container)
            : limit;
    }

    /// <summary>One label of the selector of each Service of the pod: without it, the Service does not select the new pod.</summary>
    private static async Task<IReadOnlyList<string>> LateLabelsAsync(ObjectApi objects, Pod pod, CancellationToken cancellationToken)
    {
        try
        {
            var services = await objects.FindAsync(ObjectApi.PathOf("api/v1", pod.Namespace, "services"), cancellationToken).ConfigureAwait(false);
            var selectors = (services?.Objects("items") ?? []).Select(service => service.Object("spec")?.Object("selector")).OfType<JsonObject>();
            return
            [
                .. selectors.Where(selector => selector.Count > 0 && selector.All(pair => pod.Labels.GetValueOrDefault(pair.Key) == (string?)pair.Value))
                    .Select(selector => selector.First().Key).Distinct(StringComparer.Ordinal),
            ];
        }
        catch (KubeCheckpointException failure) when (failure.ErrorId == nameof(ConnectionFailure.Forbidden))
        {
            return [];
        }
    }

    private static string WhatTheOwnerDoes(MoveRequest request, PodOwner? owner) => owner switch
    {
        null =>
            "The pod has no owner: the new pod has another name and the same labels" +
            (request.Freezes
                ? "; Services select it when the original is deleted."
                : ", so that Services select both for a moment; then the original is deleted."),
        { Adopts: true } when !request.AsStandalone =>
            $"{owner} adopts the new pod and removes the original, so the number of its pods stays correct. Its template does not change: a pod that it " +
            "creates later starts from its own image.",
        { Kind: "StatefulSet" } =>
            $"The new pod has no owner. {owner} creates a new pod '{request.Pod.PodName}' in place of the original.",
        { Kind: "DaemonSet" } => $"The new pod has no owner. {owner} creates a new pod on node '{request.Pod.NodeName}'.",
        { Kind: "Job" } => $"The new pod has no owner. {owner} counts the original as failed, and creates another pod if its backoffLimit allows it.",
        _ => $"The new pod has no owner. {owner} may create a new pod in place of the original.",
    };

    /// <summary>A StatefulSet adopts pods by name only, a Job by labels that are dropped anyway.</summary>
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
        {
            yield return $"The new pod does not get the labels {string.Join(", ", hidden)}, by which {owner} would adopt it again: " +
                "Services that select by them do not find it.";
        }
    }

    private static IEnumerable<string> WhatRuns(IReadOnlyList<IMoveHook?> before, IReadOnlyList<IMoveHook?> after)
    {
        foreach (var hook in before.OfType<IMoveHook>())
            yield return $"Before the checkpoint: {hook.Target}.";
        foreach (var hook in after.OfType<IMoveHook>())
            yield return $"At the end, in the pod that stays: {hook.Target}.";
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

        // A pod that is moved again does not become -moved-moved.
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

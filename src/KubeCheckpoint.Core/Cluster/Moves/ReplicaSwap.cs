using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Objects;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Restore;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Moves;

/// <summary>
/// Replaces a pod of a ReplicaSet by a restored pod. The ReplicaSet adopts any pod that its selector matches and then has one too many. It
/// deletes, in this order, pods without a node, pending pods, pods that are not ready, pods with the lowest deletion cost, and so on
/// (ActivePodsWithRanks, https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/controller_utils.go): so all its pods must be
/// ready, and the original gets the lowest possible cost.
/// </summary>
internal sealed class ReplicaSwap(ClusterClient cluster, PodOwner owner, Pod original, PodDocument manifest)
{
    private const string CostAnnotation = "controller.kubernetes.io/pod-deletion-cost";
    private const string LowestCost = "-2147483648";

    /// <summary>One swap at a time for each owner: of two originals with the lowest cost, either could be deleted first.</summary>
    private static readonly ConcurrentDictionary<string, SemaphoreSlim> Turns = new(StringComparer.Ordinal);

    private static readonly TimeSpan AdoptionLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan SettlingLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(300);

    private readonly ObjectApi _objects = new(cluster.Server);
    private readonly string _ns = original.Namespace;
    private readonly ObjectSelector _selector = ObjectSelector.Of(owner.Manifest!);
    private bool _isCheap;
    private SemaphoreSlim? _turn;

    /// <summary>True from the moment that the owner may remove the original: from then on the restored pod must not be deleted without a check.</summary>
    public bool IsHandedOver { get; private set; }

    /// <summary>True while the original is frozen: then it is not ready, which makes it the first to be removed.</summary>
    public bool IsOriginalHeld { get; set; }

    /// <summary>When the restored pod got the labels by which its owner, and perhaps Services, select it.</summary>
    public DateTimeOffset? LabelledAt { get; private set; }

    /// <summary>The labels that the restored pod must not have while it is not ready: with them it would be adopted, and deleted immediately.</summary>
    public IEnumerable<string> SelectedLabels => _selector.Keys;

    /// <summary>Checks that the owner has exactly the pods it wants, all of them ready.</summary>
    /// <exception cref="KubeCheckpointException">MoveOwnerBusy, MoveOwnerUnsupported; ClusterUnreachable and the like.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        var bare = original.Labels.Where(label => !SelectedLabels.Contains(label.Key)).ToDictionary(StringComparer.Ordinal);
        if (_selector.IsMatch(bare))
        {
            throw MoveFailure.MoveOwnerUnsupported(
                _ns,
                original.PodName,
                owner.ToString(),
                "Its selector matches the restored pod whatever its labels, and would have it deleted before it is ready.");
        }

        var watch = Stopwatch.StartNew();
        while (true)
        {
            var reason = await UnrestAsync(cancellationToken).ConfigureAwait(false);
            if (reason is null)
                return;
            if (watch.Elapsed > SettlingLimit)
                throw MoveFailure.MoveOwnerBusy(_ns, owner.ToString(), reason);
            await Task.Delay(Between, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Lets the owner adopt the restored pod, and waits until it has removed the original.</summary>
    /// <param name="restored">The restored pod, ready.</param>
    /// <param name="progress">Receives the steps.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="KubeCheckpointException">
    /// MoveOwnerBusy, MoveNotAdopted, MoveWrongPodRemoved, RestoredPodGone; ClusterUnreachable and the like.
    /// </exception>
    public async Task RunAsync(Pod restored, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        await EnterAsync(progress, cancellationToken).ConfigureAwait(false);
        try
        {
            await ExchangeAsync(restored, progress, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>
    /// Waits until no other pod of the owner is replaced. An original that stands still is not ready, so it enters before that: its owner would
    /// remove it in place of another one.
    /// </summary>
    public async Task EnterAsync(IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        if (_turn is not null)
            return;
        var turn = Turns.GetOrAdd($"{cluster.Server.Connection.BaseUri}{owner.Uid}", _ => new(1, 1));
        progress?.Report(new($"Replacing {original}", $"Waiting for other moves of {owner}", 0, null));
        await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        _turn = turn;
    }

    /// <summary>Lets the next one enter.</summary>
    public void Leave()
    {
        _turn?.Release();
        _turn = null;
    }

    /// <summary>Restores the deletion cost of the original. Never throws.</summary>
    public async Task UndoAsync(CancellationToken cancellationToken)
    {
        if (!_isCheap)
            return;
        try
        {
            await SetCostAsync(manifest.Annotation(CostAnnotation), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is KubeCheckpointException or OperationCanceledException)
        {
            // The annotation only makes the original the first to be deleted when the owner scales down.
        }
    }

    private async Task ExchangeAsync(Pod restored, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        await CheckAsync(cancellationToken).ConfigureAwait(false);
        var before = await OwnedAsync(cancellationToken).ConfigureAwait(false);
        progress?.Report(new($"Replacing {original}", $"Leaving it to {owner}", 0, null));
        await SetCostAsync(LowestCost, cancellationToken).ConfigureAwait(false);
        _isCheap = true;
        IsHandedOver = true;
        await LabelAsync(restored, cancellationToken).ConfigureAwait(false);
        await WaitAsync(restored, before, cancellationToken).ConfigureAwait(false);
        _isCheap = false;
    }

    /// <summary>Why the owner would not remove the original if it had one more pod, or null.</summary>
    private async Task<string?> UnrestAsync(CancellationToken cancellationToken)
    {
        var set = await _objects.FindAsync(owner.Path!, cancellationToken).ConfigureAwait(false);
        if (set is null || set.Object("metadata")?.Text("uid") != owner.Uid)
            return "it is gone";
        if (set.Object("metadata")?["deletionTimestamp"] is not null)
            return "it is being deleted";
        var wanted = set.Object("spec")?.Number("replicas") ?? 1;
        var pods = await OwnedAsync(cancellationToken).ConfigureAwait(false);
        if (pods.Count != wanted)
            return $"it has {pods.Count} of {wanted} pods";
        if (pods.All(pod => pod.PodUid != original.PodUid))
            return $"'{original.PodName}' is no longer one of its pods";
        var unready = pods.Where(pod => !pod.IsReady && !(IsOriginalHeld && pod.PodUid == original.PodUid)).Select(pod => pod.PodName).ToList();
        return unready.Count == 0 ? null : $"{string.Join(", ", unready)} would be removed first, because they are not ready";
    }

    /// <summary>The owner's pods that have not ended and are not being deleted.</summary>
    private async Task<List<Pod>> OwnedAsync(CancellationToken cancellationToken)
    {
        var pods = new List<Pod>();
        var query = new PodQuery { Namespaces = [NamePattern.Exact(_ns)] };
        await foreach (var pod in cluster.GetPodsAsync(query, failure => throw failure, cancellationToken).ConfigureAwait(false))
        {
            if (IsOwned(pod) && pod.Phase is not ("Succeeded" or "Failed") && !pod.IsEnding)
                pods.Add(pod);
        }

        return pods;
    }

    private bool IsOwned(Pod pod) => owner.Uid is { } uid && pod.OwnerUids.Contains(uid);

    private Task<bool> SetCostAsync(string? cost, CancellationToken cancellationToken) => _objects.PatchAsync(
        PodApi.PathOf(_ns, original.PodName),
        new() { ["metadata"] = new JsonObject { ["uid"] = original.PodUid, ["annotations"] = new JsonObject { [CostAnnotation] = cost } } },
        cancellationToken);

    private async Task LabelAsync(Pod restored, CancellationToken cancellationToken)
    {
        var labels = original.Labels.Where(label => !restored.Labels.ContainsKey(label.Key))
            .Select(label => KeyValuePair.Create(label.Key, (JsonNode?)JsonValue.Create(label.Value)));
        var change = new JsonObject { ["metadata"] = new JsonObject { ["labels"] = new JsonObject(labels), ["ownerReferences"] = null } };
        if (!await _objects.PatchAsync(PodApi.PathOf(_ns, restored.PodName), change, cancellationToken).ConfigureAwait(false))
            throw RestoreFailure.RestoredPodGone(_ns, restored.PodName);
        LabelledAt = DateTimeOffset.Now;
    }

    private async Task WaitAsync(Pod restored, List<Pod> before, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < AdoptionLimit)
        {
            var now = await OwnedAsync(cancellationToken).ConfigureAwait(false);
            var isAdopted = now.Exists(pod => pod.PodUid == restored.PodUid);
            var isOriginalLeft = now.Exists(pod => pod.PodUid == original.PodUid);
            if (isAdopted && !isOriginalLeft)
                return;
            var removed = before.Find(pod => now.TrueForAll(left => left.PodUid != pod.PodUid));
            if (isAdopted && removed is not null)
                throw MoveFailure.MoveWrongPodRemoved(_ns, original.PodName, owner.ToString(), removed.PodName, restored.PodName);
            if (!isAdopted && await IsGoneAsync(restored, cancellationToken).ConfigureAwait(false))
                throw RestoreFailure.RestoredPodGone(_ns, restored.PodName);
            await Task.Delay(Between, cancellationToken).ConfigureAwait(false);
        }

        throw MoveFailure.MoveNotAdopted(_ns, restored.PodName, owner.ToString(), AdoptionLimit);
    }

    private async Task<bool> IsGoneAsync(Pod pod, CancellationToken cancellationToken)
    {
        var now = await cluster.Pods.FindAsync(_ns, pod.PodName, cancellationToken).ConfigureAwait(false);
        return now is null || now.PodUid != pod.PodUid || now.IsEnding;
    }
}

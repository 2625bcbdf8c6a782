using System.Text.Json;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Connections;
using KubeCheckpoint.Cluster.Ownership;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Cluster.Leftovers;

/// <summary>Finds what cmdlets have created for themselves in a cluster and not removed, also those that still use it.</summary>
/// <param name="cluster">The cluster. The caller disposes of it.</param>
public sealed class LeftoverFinder(ClusterClient cluster)
{
    private const string NamePrefix = WellKnownNames.Module + "-";

    private static readonly string Selector = Uri.EscapeDataString(OwnerMarks.Role);

    /// <summary>Finds namespaces and pods; of a namespace that was created for a rehearsal, only the namespace.</summary>
    /// <param name="namespaces">The namespaces to search for pods; none for all, or for those that this user may search.</param>
    /// <param name="onRemark">Receives what could not be searched.</param>
    /// <param name="onFailure">Receives Forbidden for a namespace whose pods the user may not list.</param>
    /// <param name="cancellationToken">Cancels the requests.</param>
    /// <exception cref="KubeCheckpointException">InvalidName, ClusterUnreachable and the like.</exception>
    public async Task<IReadOnlyList<CheckpointLeftover>> FindAsync(
        IReadOnlyCollection<string> namespaces, Action<string> onRemark, Action<KubeCheckpointException> onFailure, CancellationToken cancellationToken)
    {
        var whole = await NamespacesAsync(onRemark, cancellationToken).ConfigureAwait(false);
        var pods = namespaces.Count > 0
            ? await PodsAsync(namespaces, onFailure, cancellationToken).ConfigureAwait(false)
            : await AllPodsAsync(onRemark, onFailure, cancellationToken).ConfigureAwait(false);
        var names = whole.Select(ns => ns.Name).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. whole.Select(ns => ns with { NodeName = pods.Find(pod => pod.Namespace == ns.Name)?.NodeName }),
            .. pods.Where(pod => pod.Namespace is null || !names.Contains(pod.Namespace)),
        ];
    }

    private async Task<List<CheckpointLeftover>> NamespacesAsync(Action<string> onRemark, CancellationToken cancellationToken)
    {
        try
        {
            return await ListAsync("api/v1/namespaces", LeftoverReader.Namespace, cancellationToken).ConfigureAwait(false);
        }
        catch (KubeCheckpointException failure) when (IsForbidden(failure))
        {
            onRemark("Namespaces of rehearsals were not searched for: this user may not list namespaces.");
            return [];
        }
    }

    private async Task<List<CheckpointLeftover>> AllPodsAsync(
        Action<string> onRemark, Action<KubeCheckpointException> onFailure, CancellationToken cancellationToken)
    {
        try
        {
            return await ListAsync("api/v1/pods", LeftoverReader.Pod, cancellationToken).ConfigureAwait(false);
        }
        catch (KubeCheckpointException failure) when (IsForbidden(failure))
        {
            string[] known = [.. new[] { ArchiveTransferOptions.DefaultNamespace, cluster.DefaultNamespace }.Distinct()];
            onRemark($"Only the namespaces {string.Join(" and ", known)} were searched: this user may not list the pods of all namespaces. " +
                "Name others with -Namespace.");
            return await PodsAsync(known, onFailure, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<List<CheckpointLeftover>> PodsAsync(
        IEnumerable<string> namespaces, Action<KubeCheckpointException> onFailure, CancellationToken cancellationToken)
    {
        var found = new List<CheckpointLeftover>();
        foreach (var ns in namespaces.Distinct(StringComparer.Ordinal))
        {
            try
            {
                found.AddRange(await ListAsync(PodApi.PathOf(ns), LeftoverReader.Pod, cancellationToken).ConfigureAwait(false));
            }
            catch (KubeCheckpointException failure) when (IsForbidden(failure))
            {
                onFailure(failure);
            }
        }
        return found;
    }

    private async Task<List<CheckpointLeftover>> ListAsync(string path, string kind, CancellationToken cancellationToken)
    {
        var found = new List<CheckpointLeftover>();
        await foreach (var (item, date) in cluster.Server.ListAsync(path, Selector, cancellationToken).ConfigureAwait(false))
        {
            if (await ReadAsync(item, kind, date ?? DateTimeOffset.UtcNow, cancellationToken).ConfigureAwait(false) is not { } leftover)
                continue;
            List<CheckpointLeftover> archives = [.. NodeArchives.ReportedBy(item, leftover)];
            found.AddRange(archives.Count > 0 ? archives : [leftover]);
        }
        return found;
    }

    private async Task<CheckpointLeftover?> ReadAsync(JsonElement item, string kind, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (item.Exists("metadata", "deletionTimestamp"))
            return null;
        var leftover = LeftoverReader.Read(item, kind, cluster.Target, now);
        if (leftover.Role != LeftoverRole.Move && !IsNamedByModule(leftover))
            return null;
        return leftover.Role == LeftoverRole.Move
            ? await JudgeMoveAsync(leftover, item.Text("metadata", "annotations", OwnerMarks.Replaces), cancellationToken).ConfigureAwait(false)
            : leftover;
    }

    /// <summary>A pod whose original is gone or going is the user's: its move was complete but for the removal of the marks.</summary>
    private async Task<CheckpointLeftover?> JudgeMoveAsync(CheckpointLeftover copy, string? replaces, CancellationToken cancellationToken)
    {
        if (copy.State == LeftoverState.InUse)
            return copy;
        if (replaces?.Split('/') is not [var name, var uid] || !ResourceName.IsSubdomain(name))
            return null;
        var original = await cluster.Pods.FindAsync(copy.Namespace!, name, cancellationToken).ConfigureAwait(false);
        if (original is null || original.PodUid != uid || original.IsEnding)
            return null;
        return copy.State != LeftoverState.Abandoned
            ? copy
            : copy with
            {
                State = LeftoverState.Undecided,
                RecommendedAction = $"By its marks, '{copy.Name}' was to replace '{name}' in a move that was interrupted, and both exist. " +
                    "Whoever may create pods can write such marks. Take the move back with " +
                    $"'kubectl delete pod {copy.Name} -n {copy.Namespace}'; to complete it, remove '{name}' yourself once you have seen that " +
                    "the new pod is yours and works.",
            };
    }

    /// <summary>Whoever may label objects could have others removed otherwise; names cannot be changed.</summary>
    private static bool IsNamedByModule(CheckpointLeftover leftover) =>
        leftover.Name.StartsWith(NamePrefix, StringComparison.Ordinal) || leftover.Namespace?.StartsWith(NamePrefix, StringComparison.Ordinal) == true;

    private static bool IsForbidden(KubeCheckpointException failure) => failure.ErrorId == nameof(ConnectionFailure.Forbidden);
}

using System.Globalization;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Kubelet;
using KubeCheckpoint.Sandbox.State;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.Controllers;

/// <summary>
/// Deletes pods whose owners have all been deleted. An owner that never existed counts as there: the pods that tests add name such owners.
/// </summary>
internal sealed class GarbageCollector(ClusterState state, PodLifecycle lifecycle)
{
    private readonly HashSet<string> _gone = [];

    /// <summary>Runs until the sandbox stops.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        using var watch = state.Store.Watch(0)!;
        await foreach (var change in watch.Changes.ReadAllAsync(stopping))
        {
            if (change.Object.Resource is EventRecorder.Resource)
                continue;
            if (change.Type == StoredChange.Deleted)
                _gone.Add(change.Object.Parse().Text("metadata", "uid"));
            if (_gone.Count > 0 && (change.Type == StoredChange.Deleted || change.Object.Resource == PodLifecycle.Resource))
                await CollectAsync(change.Object.Namespace, stopping);
        }
    }

    private async Task CollectAsync(string ns, CancellationToken stopping)
    {
        if (!state.Store.List(PodLifecycle.Resource, ns).Objects.Any(stored => IsOrphaned(stored.Parse())))
            return;
        await Task.Delay(state.Options.CollectorDelay, stopping);
        foreach (var name in state.Store.List(PodLifecycle.Resource, ns).Objects.Where(stored => IsOrphaned(stored.Parse())).Select(stored => stored.Name))
            Delete(ns, name);
    }

    private bool IsOrphaned(JsonObject pod)
    {
        List<JsonObject> owners = [.. pod.Items("metadata", "ownerReferences")];
        return owners.Count > 0 && pod.At("metadata", "deletionTimestamp") is null && owners.All(owner => _gone.Contains(owner.Text("uid")));
    }

    // The owners are looked at again in the same change: a pod that has been released in the meantime stays.
    private void Delete(string ns, string name)
    {
        var grace = TimeSpan.Zero;
        var isOrphaned = false;
        var marked = state.Store.Update(PodLifecycle.Resource, ns, name, pod =>
        {
            isOrphaned = IsOrphaned(pod);
            if (!isOrphaned)
                return;
            grace = TimeSpan.FromSeconds(long.Parse(pod.Text("spec", "terminationGracePeriodSeconds"), CultureInfo.InvariantCulture));
            pod["metadata"]!["deletionTimestamp"] = JsonText.Time(DateTimeOffset.UtcNow + grace);
        });
        if (isOrphaned && marked is not null)
            lifecycle.End(marked.Parse(), grace);
    }
}

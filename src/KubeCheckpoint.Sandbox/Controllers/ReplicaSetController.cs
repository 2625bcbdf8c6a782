using System.Globalization;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Kubelet;
using KubeCheckpoint.Sandbox.State;
using KubeCheckpoint.Sandbox.Utilities;

namespace KubeCheckpoint.Sandbox.Controllers;

/// <summary>
/// Keeps the number of a ReplicaSet's pods: adopts pods without an owner that its selector matches, releases those that it no longer
/// matches, creates missing pods and deletes surplus ones, in the order of
/// https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/controller_utils.go (ActivePodsWithRanks).
/// </summary>
internal sealed class ReplicaSetController(ClusterState state, PodLifecycle lifecycle)
{
    private const string Resource = "replicasets";
    private const string CostAnnotation = "controller.kubernetes.io/pod-deletion-cost";

    /// <summary>Runs until the sandbox stops.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        using var watch = state.Store.Watch(state.Store.Version)!;

        // ReplicaSets may exist already.
        SyncAll(null);
        await foreach (var change in watch.Changes.ReadAllAsync(stopping))
        {
            if (change.Object.Resource is Resource or PodLifecycle.Resource)
                SyncAll(change.Object.Namespace);
        }
    }

    private void SyncAll(string? ns)
    {
        foreach (var stored in state.Store.List(Resource, ns).Objects)
            Sync(stored.Parse());
    }

    private void Sync(JsonObject set)
    {
        var pods = Claim(set);
        var wanted = set.At("spec", "replicas")?.GetValue<int>() ?? 1;
        for (var missing = wanted - pods.Count; missing > 0; missing--)
            Make(set);
        foreach (var pod in pods.OrderBy(pod => pod, new DeletionOrder(pods)).Take(Math.Max(0, pods.Count - wanted)))
            Delete(pod);
        WriteStatus(set, pods);
    }

    private List<JsonObject> Claim(JsonObject set)
    {
        var ns = set.Text("metadata", "namespace");
        var claimed = new List<JsonObject>();
        foreach (var pod in state.Store.List(PodLifecycle.Resource, ns).Objects.Select(stored => stored.Parse()))
        {
            var owner = pod.Items("metadata", "ownerReferences").FirstOrDefault(reference => reference.Flag("controller"));
            var active = pod.Text("status", "phase") is not ("Failed" or "Succeeded") && pod.At("metadata", "deletionTimestamp") is null;
            var matches = Matches(set, pod);
            if (owner is null && matches && active)
            {
                state.Store.Update(PodLifecycle.Resource, ns, pod.Text("metadata", "name"), stored => Adopt(set, stored));
                claimed.Add(pod);
            }
            else if (owner.Text("uid") == set.Text("metadata", "uid"))
            {
                if (!matches)
                    state.Store.Update(PodLifecycle.Resource, ns, pod.Text("metadata", "name"), Release);
                else if (active)
                    claimed.Add(pod);
            }
        }
        return claimed;
    }

    private static bool Matches(JsonObject set, JsonObject pod) =>
        set.At("spec", "selector", "matchLabels") is JsonObject { Count: > 0 } labels
        && labels.All(label => pod.Text("metadata", "labels", label.Key) == label.Value.Text());

    private static void Release(JsonObject pod) => pod["metadata"]!.AsObject().Remove("ownerReferences");

    private static void Adopt(JsonObject set, JsonObject pod) => pod["metadata"]!["ownerReferences"] = new JsonArray(new JsonObject
    {
        ["apiVersion"] = "apps/v1",
        ["kind"] = "ReplicaSet",
        ["name"] = set.Text("metadata", "name"),
        ["uid"] = set.Text("metadata", "uid"),
        ["controller"] = true,
        ["blockOwnerDeletion"] = true,
    });

    private void Make(JsonObject set)
    {
        var template = set.At("spec", "template")!.DeepClone().AsObject();
        template.Child("metadata")["name"] = $"{set.Text("metadata", "name")}-{PodDefaults.RandomSuffix()}";
        template.Child("metadata")["generateName"] = set.Text("metadata", "name") + "-";
        PodDefaults.Apply(template, set.Text("metadata", "namespace"), "kube-controller-manager");
        Adopt(set, template);
        if (state.Store.Create(PodLifecycle.Resource, template) is { } stored)
            lifecycle.Begin(stored.Parse());
    }

    private void Delete(JsonObject pod)
    {
        var grace = TimeSpan.FromSeconds(long.Parse(pod.Text("spec", "terminationGracePeriodSeconds"), CultureInfo.InvariantCulture));
        state.Store.Update(PodLifecycle.Resource, pod.Text("metadata", "namespace"), pod.Text("metadata", "name"), stored =>
            stored["metadata"]!["deletionTimestamp"] = JsonText.Time(DateTimeOffset.UtcNow + grace));
        lifecycle.End(pod, grace);
    }

    private void WriteStatus(JsonObject set, List<JsonObject> pods)
    {
        var status = new JsonObject
        {
            ["replicas"] = pods.Count,
            ["readyReplicas"] = pods.Count(DeletionOrder.IsReady),
            ["observedGeneration"] = set.At("metadata", "generation")?.DeepClone(),
        };
        if (!JsonNode.DeepEquals(status, set["status"]))
            state.Store.Update(Resource, set.Text("metadata", "namespace"), set.Text("metadata", "name"), stored => stored["status"] = status);
    }

    /// <summary>Sorts pods in the order of their deletion.</summary>
    private sealed class DeletionOrder(IReadOnlyList<JsonObject> pods) : IComparer<JsonObject>
    {
        public static bool IsReady(JsonObject pod) =>
            pod.Items("status", "conditions").Any(condition => condition.Text("type") == "Ready" && condition.Text("status") == "True");

        public int Compare(JsonObject? x, JsonObject? y) => Rank(x!).CompareTo(Rank(y!));

        // Unassigned, pending, not ready, low deletion cost, many on the node, recently ready, many restarts, newest.
        private (bool, int, bool, int, int, string, int, string) Rank(JsonObject pod) => (
            pod.Text("spec", "nodeName").Length > 0,
            Array.IndexOf(["Pending", "Unknown", "Running"], pod.Text("status", "phase")),
            IsReady(pod),
            int.TryParse(pod.Text("metadata", "annotations", CostAnnotation), CultureInfo.InvariantCulture, out var cost) ? cost : 0,
            -pods.Count(other => other.Text("spec", "nodeName") == pod.Text("spec", "nodeName")),
            Backwards(pod.Items("status", "conditions").FirstOrDefault(condition => condition.Text("type") == "Ready").Text("lastTransitionTime")),
            -pod.Items("status", "containerStatuses").Select(status => status["restartCount"]?.GetValue<int>() ?? 0).DefaultIfEmpty(0).Max(),
            Backwards(pod.Text("metadata", "creationTimestamp")));

        // A text that sorts later times first.
        private static string Backwards(string time) => string.Concat(time.Select(letter => (char)('z' - letter + '0')));
    }
}

using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Kubelet;
using KubeCheckpoint.Sandbox.State;
using KubeCheckpoint.Sandbox.Utilities;
using Microsoft.AspNetCore.Http;

namespace KubeCheckpoint.Sandbox.Api;

/// <summary>
/// PATCH of a pod's status: a strategic merge of its conditions. The kubelet, to which the status belongs, puts its own back after a while
/// (syncBatch of its status manager, at most 10 s).
/// </summary>
internal sealed class PodStatusPatch(ClusterState state)
{
    /// <summary>The kubelet's own conditions of pods whose status is patched, by the pods' uids.</summary>
    private readonly ConcurrentDictionary<string, List<JsonObject>> _own = new();

    public async Task HandleAsync(ApiRequest request)
    {
        if (await MergePatch.ReadAsync(request) is not { } patch)
            return;
        if (state.Store.Get(PodLifecycle.Resource, request.Namespace, request.Name)?.Parse() is not { } pod)
        {
            await ApiResponse.NotFoundAsync(request.Http, request.Resource, request.Name);
            return;
        }

        var uid = patch.Text("metadata", "uid");
        if (uid.Length > 0 && uid != pod.Text("metadata", "uid"))
        {
            await ApiResponse.StatusAsync(
                request.Http,
                StatusCodes.Status409Conflict,
                "Conflict",
                $"Operation cannot be fulfilled on pods \"{request.Name}\": Precondition failed: UID in precondition: {uid}, "
                + $"UID in object meta: {pod.Text("metadata", "uid")}",
                ApiResponse.Details(request.Name, "pods"));
            return;
        }

        var changed = state.Store.Update(PodLifecycle.Resource, request.Namespace, request.Name, stored => Merge(stored, patch));
        state.Run(stopping => RevertAsync(request, pod.Text("metadata", "uid"), stopping));
        await ApiResponse.JsonAsync(request.Http, changed?.Parse() ?? pod);
    }

    /// <summary>Replaces the conditions of the same type.</summary>
    private void Merge(JsonObject pod, JsonObject patch)
    {
        var conditions = (pod.At("status", "conditions") as JsonArray ?? []).OfType<JsonObject>().ToList();
        _own.TryAdd(pod.Text("metadata", "uid"), [.. conditions.Select(condition => condition.DeepClone().AsObject())]);
        foreach (var change in patch.At("status")!.Items("conditions"))
        {
            if (conditions.Find(condition => condition.Text("type") == change.Text("type")) is { } known)
                MergePatch.Apply(known, change);
        }
    }

    private async Task RevertAsync(ApiRequest request, string uid, CancellationToken stopping)
    {
        await Task.Delay(state.Options.StatusPeriod, stopping);
        if (!_own.TryRemove(uid, out var own))
            return;
        state.Store.Update(PodLifecycle.Resource, request.Namespace, request.Name, stored =>
        {
            if (stored.Text("metadata", "uid") == uid)
                stored.Child("status")["conditions"] = new JsonArray([.. own]);
        });
    }
}

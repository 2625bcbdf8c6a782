using KubeCheckpoint.Sandbox.Kubelet;
using KubeCheckpoint.Sandbox.State;
using KubeCheckpoint.Sandbox.Utilities;
using Microsoft.AspNetCore.Http;

namespace KubeCheckpoint.Sandbox.Api;

/// <summary>DELETE of a namespace: it is Terminating until everything in it is deleted, and then deleted itself.</summary>
internal sealed class NamespaceDeletion(ClusterState state, PodLifecycle lifecycle)
{
    public async Task HandleAsync(ApiRequest request)
    {
        var name = request.Name;
        var terminating = state.Store.Update("namespaces", "", name, ns =>
        {
            ns.Child("metadata")["deletionTimestamp"] = JsonText.Time(DateTimeOffset.UtcNow);
            ns.Child("status")["phase"] = "Terminating";
        });
        if (terminating is null)
        {
            await ApiResponse.NotFoundAsync(request.Http, "namespaces", name);
            return;
        }
        state.Run(stopping => EmptyAsync(name, stopping));
        await ApiResponse.JsonAsync(request.Http, terminating.Parse());
    }

    private async Task EmptyAsync(string name, CancellationToken stopping)
    {
        foreach (var pod in state.Store.List(PodLifecycle.Resource, name).Objects)
            lifecycle.End(pod.Parse(), state.Options.PodTermination);
        foreach (var resource in ContentObjects.InNamespaces.Append(EventRecorder.Resource))
        {
            foreach (var stored in state.Store.List(resource, name).Objects)
                state.Store.Delete(resource, name, stored.Name);
        }
        while (state.Store.List(PodLifecycle.Resource, name).Objects.Count > 0)
            await Task.Delay(state.Options.PodStep, stopping);
        state.Store.Delete("namespaces", "", name);
    }
}

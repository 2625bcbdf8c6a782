using KubeCheckpoint.Sandbox.Kubelet;
using KubeCheckpoint.Sandbox.State;
using KubeCheckpoint.Sandbox.Utilities;
using Microsoft.AspNetCore.Http;

namespace KubeCheckpoint.Sandbox.Api;

/// <summary>PATCH of a pod's metadata. The sandbox does not support the few changes that Kubernetes allows to a spec.</summary>
internal sealed class PodPatch(ClusterState state)
{
    private const string CostAnnotation = "controller.kubernetes.io/pod-deletion-cost";

    public async Task HandleAsync(ApiRequest request)
    {
        if (await MergePatch.ReadAsync(request) is not { } patch)
            return;
        if (state.Store.Get(PodLifecycle.Resource, request.Namespace, request.Name)?.Parse() is not { } pod)
        {
            await ApiResponse.NotFoundAsync(request.Http, request.Resource, request.Name);
            return;
        }
        var spec = pod["spec"]!.ToJsonString();
        MergePatch.Apply(pod, patch);
        if (pod["spec"]!.ToJsonString() != spec)
        {
            await InvalidAsync(request, "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"
                + "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
                + "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)");
            return;
        }
        if (pod.At("metadata", "annotations", CostAnnotation) is { } cost && !int.TryParse(cost.Text(), out _))
        {
            await InvalidAsync(request, $"metadata.annotations[{CostAnnotation}]: Invalid value: \"{cost.Text()}\": must be a 32bit integer");
            return;
        }
        var changed = state.Store.Update(PodLifecycle.Resource, request.Namespace, request.Name, stored => MergePatch.Apply(stored, patch));
        await ApiResponse.JsonAsync(request.Http, changed?.Parse() ?? pod);
    }

    private static Task InvalidAsync(ApiRequest request, string reason) => ApiResponse.StatusAsync(
        request.Http,
        StatusCodes.Status422UnprocessableEntity,
        "Invalid",
        $"Pod \"{request.Name}\" is invalid: {reason}",
        ApiResponse.Details(request.Name, "Pod"));
}

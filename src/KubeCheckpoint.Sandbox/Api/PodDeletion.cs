using System.Globalization;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Kubelet;
using KubeCheckpoint.Sandbox.State;
using KubeCheckpoint.Sandbox.Utilities;
using Microsoft.AspNetCore.Http;

namespace KubeCheckpoint.Sandbox.Api;

/// <summary>DELETE of a pod.</summary>
internal sealed class PodDeletion(ClusterState state, PodLifecycle lifecycle)
{
    public async Task HandleAsync(ApiRequest request)
    {
        var http = request.Http;
        var options = http.Request.ContentLength is 0 ? null : await ApiResponse.ReadAsync(http);
        if (state.Store.Get(PodLifecycle.Resource, request.Namespace, request.Name)?.Parse() is not { } pod)
        {
            await ApiResponse.NotFoundAsync(http, PodLifecycle.Resource, request.Name);
            return;
        }
        var uid = pod.Text("metadata", "uid");
        if (options.Text("preconditions", "uid") is { Length: > 0 } expected && expected != uid)
        {
            await ApiResponse.StatusAsync(
                http,
                StatusCodes.Status409Conflict,
                "Conflict",
                $"Operation cannot be fulfilled on Pod \"{request.Name}\": the UID in the precondition ({expected}) does not match the UID in record "
                + $"({uid}). The object might have been deleted and then recreated",
                ApiResponse.Details(request.Name, "Pod"));
            return;
        }
        if ((options.At("dryRun") as JsonArray)?.Any(item => item.Text() == "All") == true)
        {
            await ApiResponse.JsonAsync(http, pod);
            return;
        }
        var grace = Grace(request, options, pod);
        if (grace > TimeSpan.Zero)
        {
            pod = state.Store.Update(PodLifecycle.Resource, request.Namespace, request.Name, stored =>
            {
                stored["metadata"]!["deletionTimestamp"] = JsonText.Time(DateTimeOffset.UtcNow + grace);
                stored["metadata"]!["deletionGracePeriodSeconds"] = (long)grace.TotalSeconds;
            })?.Parse() ?? pod;
        }
        lifecycle.End(pod, grace);
        await ApiResponse.JsonAsync(http, pod);
    }

    private static TimeSpan Grace(ApiRequest request, JsonObject? options, JsonObject pod)
    {
        var runs = pod.Text("spec", "nodeName").Length > 0 && pod.Text("status", "phase") is not ("Succeeded" or "Failed");
        if (!runs)
            return TimeSpan.Zero;
        string[] candidates =
            [options.Text("gracePeriodSeconds"), request.Query("gracePeriodSeconds"), pod.Text("spec", "terminationGracePeriodSeconds")];
        return TimeSpan.FromSeconds(long.Parse(candidates.First(text => text.Length > 0), CultureInfo.InvariantCulture));
    }
}

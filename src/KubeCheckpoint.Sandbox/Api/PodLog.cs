using System.Globalization;
using KubeCheckpoint.Sandbox.State;
using KubeCheckpoint.Sandbox.Utilities;
using Microsoft.AspNetCore.Http;

namespace KubeCheckpoint.Sandbox.Api;

/// <summary>GET of a pod's log. Only the sandbox's counting containers write one. For a waiting container, it fails as at the API server.</summary>
internal sealed class PodLog(ClusterState state)
{
    public async Task HandleAsync(ApiRequest request)
    {
        if (state.Store.Get(request.Resource, request.Namespace, request.Name)?.Parse() is not { } pod)
        {
            await ApiResponse.NotFoundAsync(request.Http, request.Resource, request.Name);
            return;
        }
        var asked = request.Query("container");
        var status = pod.Items("status", "containerStatuses")
            .FirstOrDefault(candidate => asked.Length == 0 || candidate.Text("name") == asked);
        if (status.At("state", "waiting") is { } waiting)
        {
            var reason = waiting.Text("reason") is "ErrImagePull" or "ImagePullBackOff" ? "image can't be pulled" : waiting.Text("reason");
            await ApiResponse.BadRequestAsync(
                request.Http, $"container \"{status.Text("name")}\" in pod \"{request.Name}\" is waiting to start: {reason}");
            return;
        }
        var lines = int.TryParse(request.Query("tailLines"), CultureInfo.InvariantCulture, out var tail) ? tail : int.MaxValue;
        var log = state.Counting.Log(status.Text("containerID").Split("://")[^1], Math.Min(lines, 1000));
        await ApiResponse.TextAsync(request.Http, StatusCodes.Status200OK, log);
    }
}

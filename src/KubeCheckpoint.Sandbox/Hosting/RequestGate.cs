using KubeCheckpoint.Sandbox.Faults;
using KubeCheckpoint.Sandbox.State;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;

namespace KubeCheckpoint.Sandbox.Hosting;

/// <summary>Runs before every server: records the request and applies faults to it.</summary>
internal static class RequestGate
{
    public static RequestDelegate Guard(
        ClusterState state, SandboxServer server, string node, Func<HttpContext, string> userOf, RequestDelegate handler) =>
        async http =>
        {
            var request = new SandboxRequest(
                server, node, http.Request.Method, http.Request.GetEncodedPathAndQuery(), userOf(http), http.Request.Headers["Impersonate-User"].ToString());
            state.Requests.Enqueue(request);
            using var life = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, state.Stopping);
            http.RequestAborted = life.Token;
            try
            {
                await FaultInjection.HandleAsync(http, state.Faults.Take(request), handler);
            }
            catch (Exception exception) when (life.IsCancellationRequested && exception is OperationCanceledException or IOException)
            {
                http.Abort();
            }
            catch (ConnectionCutException)
            {
                http.Abort();
            }
        };
}

using System.Globalization;
using KubeCheckpoint.Sandbox.State;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Http.Features;

namespace KubeCheckpoint.Sandbox.Faults;

/// <summary>Stands before every server: notes the request, and lets the faults have their way.</summary>
internal static class FaultGate
{
    private static readonly object FaultKey = new();

    /// <summary>The fault that struck the request, for handlers that have a part in it.</summary>
    public static SandboxFault? Fault(this HttpContext http) =>
        http.Items.TryGetValue(FaultKey, out var fault) ? (SandboxFault?)fault : null;

    public static RequestDelegate Guard(
        ClusterState state, SandboxServer server, string node, Func<HttpContext, string> userOf, RequestDelegate handler) =>
        async http =>
        {
            var request = new SandboxRequest(server, node, http.Request.Method, http.Request.GetEncodedPathAndQuery(), userOf(http));
            state.Requests.Enqueue(request);
            using var life = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, state.Stopping);
            http.RequestAborted = life.Token;
            try
            {
                await HandleAsync(http, state.Faults.Take(request), handler);
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

    private static async Task HandleAsync(HttpContext http, SandboxFault? fault, RequestDelegate handler)
    {
        if (fault is null)
        {
            await handler(http);
            return;
        }

        http.Items[FaultKey] = fault;
        await Task.Delay(fault.NeverAnswers ? Timeout.InfiniteTimeSpan : fault.Delay, http.RequestAborted);
        if (fault.CutRequestAfterBytes is { } readable)
        {
            http.Request.Body = new CutStream(http.Request.Body, readable);
        }

        if (fault.CutAfterBytes is { } writable)
        {
            http.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(new CutStream(http.Response.Body, writable)));
        }

        if (fault.RetryAfter is { } wait)
        {
            http.Response.Headers.RetryAfter = ((long)wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }

        if (fault.Status is not { } status)
        {
            await handler(http);
            return;
        }

        http.Response.StatusCode = status;
        if (fault.Body.Length > 0)
        {
            http.Response.ContentType = fault.ContentType;
            await http.Response.WriteAsync(fault.Body, http.RequestAborted);
        }
    }
}

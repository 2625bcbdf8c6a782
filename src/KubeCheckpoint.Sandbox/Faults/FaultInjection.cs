using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace KubeCheckpoint.Sandbox.Faults;

/// <summary>Applies a fault to a request.</summary>
internal static class FaultInjection
{
    private static readonly object FaultKey = new();

    /// <summary>The fault that applies to the request, for handlers that implement a part of it.</summary>
    public static SandboxFault? Fault(this HttpContext http) =>
        http.Items.TryGetValue(FaultKey, out var fault) ? (SandboxFault?)fault : null;

    /// <summary>Handles a request with a fault; null for none.</summary>
    public static async Task HandleAsync(HttpContext http, SandboxFault? fault, RequestDelegate handler)
    {
        if (fault is null)
        {
            await handler(http);
            return;
        }
        http.Items[FaultKey] = fault;
        await Task.Delay(fault.NeverResponds ? Timeout.InfiniteTimeSpan : fault.Delay, http.RequestAborted);
        if (fault.CutRequestAfterBytes is { } readable)
            http.Request.Body = new CutStream(http.Request.Body, readable);
        if (fault.CutAfterBytes is { } writable)
            http.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(new CutStream(http.Response.Body, writable)));
        if (fault.RetryAfter is { } wait)
            http.Response.Headers.RetryAfter = ((long)wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
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

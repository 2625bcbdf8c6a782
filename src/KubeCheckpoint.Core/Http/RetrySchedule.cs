using System.Net;
using System.Security.Authentication;

namespace KubeCheckpoint.Http;

/// <summary>Repeats a request after transient failures, a limited number of times. A limit of time that is over is not repeated: the time is spent.</summary>
internal sealed class RetrySchedule(HttpTimings timings)
{
    /// <summary>Whether a repeated request may meet another response.</summary>
    public static bool IsTransient(HttpStatusCode status) => status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests
        or HttpStatusCode.InternalServerError or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;

    /// <summary>
    /// Whether another attempt may succeed where the connection failed: not where there is no such host, the certificate is refused, or a limit of
    /// time is over.
    /// </summary>
    public static bool MayPass(HttpRequestException broken) =>
        broken.HttpRequestError != HttpRequestError.NameResolutionError && !Has<AuthenticationException>(broken) && !Has<TimeoutException>(broken);

    /// <summary>Whether there was no connection over which the request could have gone.</summary>
    public static bool IsNeverSent(HttpRequestException broken) => broken.HttpRequestError is HttpRequestError.NameResolutionError
        or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError;

    /// <summary>Returns the first response that is final, or the last one.</summary>
    /// <param name="server">The server, for <see cref="RequestNotices"/>.</param>
    /// <param name="send">Sends the request.</param>
    /// <param name="repeats">Which responses are not final.</param>
    /// <param name="repeatsBroken">Which failures of the connection are not final; the others are thrown.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    public async Task<T> RunAsync<T>(
        string server, Func<Task<T>> send, Func<T, bool> repeats, Func<HttpRequestException, bool> repeatsBroken, CancellationToken cancellationToken)
        where T : ITransientReply
    {
        var backoff = new Backoff(timings);
        while (true)
        {
            TimeSpan wait;
            string reason;
            try
            {
                var reply = await send().ConfigureAwait(false);
                if (!repeats(reply) || backoff.Next(reply.RetryAfter) is not { } next)
                    return reply;
                (wait, reason) = (next, $"{server} responded with status {(int)reply.Status}");
                (reply as IDisposable)?.Dispose();
            }
            catch (HttpRequestException exception) when (repeatsBroken(exception))
            {
                if (backoff.Next() is not { } next)
                    throw;
                (wait, reason) = (next, $"The connection to {server} failed: {exception.GetBaseException().Message.TrimEnd('.')}");
            }
            await backoff.WaitAsync(wait, reason, cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool Has<T>(Exception? exception)
        where T : Exception
    {
        while (exception is not (null or T))
            exception = exception.InnerException;
        return exception is not null;
    }
}

using System.Security.Authentication;

namespace KubeCheckpoint.Http;

/// <summary>
/// Sends a request and reads its response, within limits of time and size. Every request to a registry, a token server, an API server or a
/// kubelet goes this way.
/// </summary>
internal sealed class HttpSender(HttpTimings timings)
{
    public const string UserAgent = "KubeCheckpoint";

    /// <summary>The bytes that are read of a refusal.</summary>
    private const int LargestRefusal = 1024 * 1024;

    /// <summary>What opens connections, without anything that would send a request elsewhere by itself.</summary>
    public static SocketsHttpHandler NewHandler() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        MaxResponseHeadersLength = 64,
    };

    /// <summary>Sends a request and reads the response, with at most as much of the body as the call allows.</summary>
    /// <exception cref="HttpRequestException">The connection failed.</exception>
    /// <exception cref="ResponseTimeoutException">A limit of time is over.</exception>
    /// <exception cref="RedirectException">A redirect is not followed.</exception>
    public async Task<HttpReply> SendAsync(HttpMessageInvoker client, HttpCall call, CancellationToken cancellationToken)
    {
        using var guard = new StallGuard(timings, Limit(call), cancellationToken);
        return await TranslateAsync(
            async () =>
            {
                var (response, uri) = await FollowAsync(client, call, guard).ConfigureAwait(false);
                using (response)
                    return await ReadAsync(response, uri, call, guard).ConfigureAwait(false);
            },
            guard,
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends a request and returns the body of a successful response as a stream, or a refusal with its body.</summary>
    /// <exception cref="HttpRequestException">The connection failed.</exception>
    /// <exception cref="ResponseTimeoutException">A limit of time is over.</exception>
    /// <exception cref="RedirectException">A redirect is not followed.</exception>
    public async Task<(HttpStream? Stream, HttpReply? Refusal)> OpenAsync(HttpMessageInvoker client, HttpCall call, CancellationToken cancellationToken)
    {
        var guard = new StallGuard(timings, Limit(call), cancellationToken);
        HttpStream? stream = null;
        try
        {
            return await TranslateAsync<(HttpStream?, HttpReply?)>(
                async () =>
                {
                    var (response, uri) = await FollowAsync(client, call, guard).ConfigureAwait(false);
                    if (!response.IsSuccessStatusCode)
                    {
                        using (response)
                            return (null, await ReadAsync(response, uri, call, guard).ConfigureAwait(false));
                    }
                    var body = await response.Content.ReadAsStreamAsync(guard.Token).ConfigureAwait(false);
                    return (stream = new HttpStream(response, body, guard), null);
                },
                guard,
                cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (stream is null)
                guard.Dispose();
        }
    }

    /// <summary>Sends a request and returns the response with its body unread, whatever its status: for a watch or a WebSocket upgrade.</summary>
    /// <exception cref="HttpRequestException">The connection failed.</exception>
    /// <exception cref="ResponseTimeoutException">The limit for the beginning of the response is over.</exception>
    public async Task<HttpResponseMessage> BeginAsync(HttpMessageInvoker client, HttpCall call, CancellationToken cancellationToken)
    {
        using var guard = new StallGuard(timings, Limit(call), cancellationToken);
        return await TranslateAsync(
            async () => (await FollowAsync(client, call, guard).ConfigureAwait(false)).Response, guard, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads the body of a response that was begun, with a limit of time and size.</summary>
    public async Task<HttpReply> ReadAsync(HttpResponseMessage response, HttpCall call, CancellationToken cancellationToken)
    {
        using var guard = new StallGuard(timings, Limit(call), cancellationToken);
        return await TranslateAsync(() => ReadAsync(response, call.Uri, call, guard), guard, cancellationToken).ConfigureAwait(false);
    }

    private TimeSpan Limit(HttpCall call) => call.Deadline ?? timings.Connect + timings.Stall;

    private static async Task<(HttpResponseMessage Response, Uri Uri)> FollowAsync(HttpMessageInvoker client, HttpCall call, StallGuard guard)
    {
        var uri = call.Uri;
        for (var hop = 0; hop <= Redirects.Longest; hop++)
        {
            using var message = call.ToMessage(uri, guard);
            var response = await client.SendAsync(message, guard.Token).ConfigureAwait(false);
            if (!call.FollowsRedirects || !Redirects.Is(response.StatusCode) || response.Headers.Location is not { } location)
                return (response, uri);
            response.Dispose();
            uri = Redirects.Resolve(uri, location);
            if (call.SecretOfBody is not null && !Origin.AreSame(uri, call.Uri))
                throw new RedirectException($"it redirects to '{Origin.Of(uri)}'", Origin.Of(uri));
        }
        throw new RedirectException($"it redirects more than {Redirects.Longest} times");
    }

    private async Task<HttpReply> ReadAsync(HttpResponseMessage response, Uri uri, HttpCall call, StallGuard guard)
    {
        if (call.Deadline is null)
            guard.Expect(timings.SmallBody);
        var largest = response.IsSuccessStatusCode ? call.LargestBody : Math.Min(call.LargestBody, LargestRefusal);
        using var body = new MemoryStream();
        var stream = await response.Content.ReadAsStreamAsync(guard.Token).ConfigureAwait(false);
        var buffer = new byte[16 * 1024];
        while (body.Length <= largest)
        {
            var count = await stream.ReadAsync(buffer, guard.Token).ConfigureAwait(false);
            if (count == 0)
                break;
            body.Write(buffer, 0, count);
        }
        var secrets = call.Secrets;
        var content = body.ToArray();
        return new HttpReply(response.StatusCode, response.Headers, response.IsSuccessStatusCode ? content : secrets.Hide(content), uri)
        {
            Secrets = secrets,
            MediaType = response.Content.Headers.ContentType?.MediaType,
            Length = response.Content.Headers.ContentLength,
            IsTruncated = body.Length > largest,
            RetryAfter = RetryAfter.Read(response.Headers, timings.Clock.GetUtcNow()),
        };
    }

    // What the caller cancels stays a cancellation, and whatever else a handler throws becomes one of two: too late, or broken.
    private static async Task<T> TranslateAsync<T>(Func<Task<T>> exchange, StallGuard guard, CancellationToken cancellationToken)
    {
        try
        {
            return await exchange().ConfigureAwait(false);
        }
        catch (Exception exception) when (cancellationToken.IsCancellationRequested && IsTransport(exception))
        {
            throw new OperationCanceledException(exception.Message, exception, cancellationToken);
        }
        catch (OperationCanceledException exception) when (guard.HasStalled)
        {
            throw new ResponseTimeoutException(guard.Limit, exception);
        }
        catch (OperationCanceledException exception)
        {
            // The handler's own limit for a connection.
            throw new HttpRequestException(HttpRequestError.ConnectionError, exception.InnerException?.Message ?? exception.Message, exception);
        }
        catch (InvalidDataException exception)
        {
            throw new HttpRequestException(HttpRequestError.InvalidResponse, exception.Message, exception);
        }
        catch (IOException exception)
        {
            throw new HttpRequestException(HttpRequestError.ResponseEnded, exception.Message, exception);
        }
        catch (AuthenticationException exception)
        {
            throw new HttpRequestException(HttpRequestError.SecureConnectionError, exception.Message, exception);
        }
    }

    private static bool IsTransport(Exception exception) =>
        exception is HttpRequestException or IOException or OperationCanceledException or AuthenticationException;
}

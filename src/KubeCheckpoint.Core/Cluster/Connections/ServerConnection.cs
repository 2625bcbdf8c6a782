using System.Net.Http.Headers;
using System.Security.Authentication;
using System.Text;

namespace KubeCheckpoint.Cluster.Connections;

/// <summary>
/// Sends requests to an API server or a kubelet, with the user's credentials and a deadline for each. Transport errors become failures
/// here; the caller interprets the response.
/// </summary>
internal sealed class ServerConnection(
    ServerRole role,
    Uri baseUri,
    HttpClient http,
    Func<HttpRequestMessage, CancellationToken, Task> authenticate,
    IDisposable owner) : IDisposable
{
    /// <summary>The limit for establishing a connection, TLS included.</summary>
    public static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    /// <summary>The limit for a small request: one object, one page of a list.</summary>
    public static readonly TimeSpan SmallRequest = TimeSpan.FromSeconds(30);

    private const string Json = "application/json";

    /// <summary>The largest response that is read, in bytes: far more than a page of pods, far less than the memory of this machine.</summary>
    private const long LargestResponse = 128 * 1024 * 1024;

    public Uri BaseUri { get; } = baseUri;

    public ServerRole Role { get; } = role;

    /// <summary>Sends a request and reads the complete response, whatever its status.</summary>
    public async Task<ServerResponse> SendAsync(
        HttpMethod method,
        string path,
        TimeSpan deadline,
        CancellationToken cancellationToken,
        string? body = null,
        string bodyType = Json,
        string accept = Json)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(deadline);
        try
        {
            using var request = NewRequest(method, path, accept);
            if (body is not null)
                request.Content = new StringContent(body, Encoding.UTF8, bodyType);
            using var response = await SendRawAsync(request, limit.Token).ConfigureAwait(false);
            await response.Content.LoadIntoBufferAsync(LargestResponse, limit.Token).ConfigureAwait(false);
            var text = await response.Content.ReadAsStringAsync(limit.Token).ConfigureAwait(false);
            return new(response.StatusCode, text, RetryAfter(response.Headers));
        }
        catch (Exception exception) when (IsTransport(exception))
        {
            throw Failure(exception, deadline, cancellationToken);
        }
    }

    /// <summary>Sends a request and returns the response with its body unread, for a watch or a WebSocket upgrade.</summary>
    public async Task<HttpResponseMessage> OpenAsync(HttpRequestMessage request, TimeSpan deadline, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(deadline);
        try
        {
            return await SendRawAsync(request, limit.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsTransport(exception))
        {
            throw Failure(exception, deadline, cancellationToken);
        }
    }

    public HttpRequestMessage NewRequest(HttpMethod method, string path, string accept = Json)
    {
        var request = new HttpRequestMessage(method, new Uri(BaseUri, path));
        request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse(accept));
        return request;
    }

    public void Dispose() => owner.Dispose();

    private async Task<HttpResponseMessage> SendRawAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        await authenticate(request, cancellationToken).ConfigureAwait(false);
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
    }

    private static bool IsTransport(Exception exception) =>
        exception is HttpRequestException or IOException or OperationCanceledException or AuthenticationException;

    private Exception Failure(Exception exception, TimeSpan deadline, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return new OperationCanceledException(exception.Message, exception, cancellationToken);
        if (exception is OperationCanceledException && exception.InnerException is not TimeoutException)
        {
            var late = new TimeoutException($"No response within {deadline.TotalSeconds:0} s.", exception);
            return Role == ServerRole.Kubelet
                ? KubeletFailure.KubeletUnreachable(BaseUri, late)
                : ConnectionFailure.ClusterUnreachable(BaseUri, late);
        }

        if (exception is HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded })
            return ConnectionFailure.UnexpectedAnswer(BaseUri, $"the response is larger than {LargestResponse >> 20} MiB", exception);

        var untrusted = exception is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError }
            && exception.InnerException is AuthenticationException refusal
            && refusal.Message.Contains("certificate", StringComparison.OrdinalIgnoreCase);
        return (Role, untrusted) switch
        {
            (ServerRole.Kubelet, true) => KubeletFailure.KubeletCertificateInvalid(BaseUri, exception),
            (ServerRole.Kubelet, false) => KubeletFailure.KubeletUnreachable(BaseUri, exception),
            (_, true) => ConnectionFailure.ClusterCertificateInvalid(BaseUri, exception),
            _ => ConnectionFailure.ClusterUnreachable(BaseUri, exception),
        };
    }

    private static TimeSpan? RetryAfter(HttpResponseHeaders headers) => headers.RetryAfter?.Delta;
}

/// <summary>The server at the other end of a connection, which decides the failures.</summary>
internal enum ServerRole
{
    ApiServer,
    Kubelet,
}

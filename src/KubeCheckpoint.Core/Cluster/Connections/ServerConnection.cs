using System.Net.Http.Headers;
using System.Security.Authentication;
using System.Text;

namespace KubeCheckpoint.Cluster.Connections;

/// <summary>
/// Sends requests to an API server or a kubelet, with the caller's credentials and a deadline for each. What goes wrong before
/// there is an answer becomes a failure here; what an answer means is for the caller to say.
/// </summary>
internal sealed class ServerConnection(
    ServerRole role,
    Uri baseUri,
    HttpClient http,
    Func<HttpRequestMessage, CancellationToken, Task> authenticate,
    IDisposable owner) : IDisposable
{
    /// <summary>How long a connection may take to come up, TLS included.</summary>
    public static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    /// <summary>How long a small request may take: one object, one page of a list.</summary>
    public static readonly TimeSpan SmallRequest = TimeSpan.FromSeconds(30);

    private const string Json = "application/json";

    /// <summary>The largest answer that is read, in bytes: far more than a page of pods, far less than this machine's memory.</summary>
    private const long LargestResponse = 128 * 1024 * 1024;

    public Uri BaseUri { get; } = baseUri;

    public ServerRole Role { get; } = role;

    /// <summary>Sends a request and reads the whole answer, whatever its status.</summary>
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

    /// <summary>Sends a request and hands on the response with its body unread, for a watch or an upgrade to WebSocket.</summary>
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
            var late = new TimeoutException($"No answer within {deadline.TotalSeconds:0} s.", exception);
            return Role == ServerRole.Kubelet
                ? KubeletFailure.KubeletUnreachable(BaseUri, late)
                : ConnectionFailure.ClusterUnreachable(BaseUri, late);
        }

        if (exception is HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded })
            return ConnectionFailure.UnexpectedAnswer(BaseUri, $"it is larger than {LargestResponse >> 20} MiB", exception);

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

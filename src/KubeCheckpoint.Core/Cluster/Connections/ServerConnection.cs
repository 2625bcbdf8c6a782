using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;
using System.Text;
using KubeCheckpoint.Cluster.Credentials;
using KubeCheckpoint.Cluster.Sockets;

namespace KubeCheckpoint.Cluster.Connections;

/// <summary>
/// Sends requests to an API server or a kubelet, with the user's credentials and a deadline for each. Transport errors become failures
/// here; the caller interprets the response.
/// </summary>
/// <param name="role">The server.</param>
/// <param name="baseUri">Its address.</param>
/// <param name="credential">The user's credential, asked for before each request. One that the server refuses is renewed once.</param>
/// <param name="createHandler">Creates what opens connections with a client certificate, or without one.</param>
internal sealed class ServerConnection(
    ServerRole role, Uri baseUri, ICredential credential, Func<ClientCertificate?, HttpMessageHandler> createHandler) : IDisposable
{
    /// <summary>The limit for a small request: one object, one page of a list.</summary>
    public static readonly TimeSpan SmallRequest = TimeSpan.FromSeconds(30);

    private const string Json = "application/json";

    /// <summary>The largest response that is read, in bytes: far more than a page of pods, far less than the memory of this machine.</summary>
    private const long LargestResponse = 128 * 1024 * 1024;

    private readonly HttpClients _clients = new(createHandler);

    /// <summary>A credential that the server refused although it was new: to get another one is pointless.</summary>
    private volatile RequestCredential? _refused;

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
        using var request = NewRequest(method, path, accept);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, bodyType);
        else if (method == HttpMethod.Post)
            // Without content, HttpClient repeats a request by itself if the connection ends before the response.
            request.Content = new ByteArrayContent([]);
        return await SendAsync(request, ReadAsync, deadline, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends a request and returns the response with its body unread, for a watch or a WebSocket upgrade.</summary>
    public Task<HttpResponseMessage> OpenAsync(HttpRequestMessage request, TimeSpan deadline, CancellationToken cancellationToken) =>
        SendAsync(request, (response, _) => Task.FromResult(response), deadline, cancellationToken);

    public HttpRequestMessage NewRequest(HttpMethod method, string path, string accept = Json)
    {
        var request = new HttpRequestMessage(method, new Uri(BaseUri, path));
        request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse(accept));
        return request;
    }

    public void Dispose() => _clients.Dispose();

    private static async Task<ServerResponse> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        using (response)
        {
            await response.Content.LoadIntoBufferAsync(LargestResponse, cancellationToken).ConfigureAwait(false);
            var text = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
            return new(response.StatusCode, text, RetryAfter(response.Headers));
        }
    }

    /// <summary>
    /// Sends a request, and once more with another credential where the server refuses the first: a server that responds with 401 has not
    /// executed the request. The deadline applies to each request, not to what provides the credential, which may wait for the user.
    /// </summary>
    private async Task<T> SendAsync<T>(
        HttpRequestMessage request,
        Func<HttpResponseMessage, CancellationToken, Task<T>> read,
        TimeSpan deadline,
        CancellationToken cancellationToken)
    {
        var current = await credential.GetAsync(cancellationToken).ConfigureAwait(false);
        var (status, response) = await SendOnceAsync(request, current, read, deadline, cancellationToken).ConfigureAwait(false);
        if (status != HttpStatusCode.Unauthorized || ReferenceEquals(current, _refused))
            return response;
        var renewed = await credential.RenewAsync(current, cancellationToken).ConfigureAwait(false);
        if (renewed is null)
            return response;
        (response as IDisposable)?.Dispose();
        (status, response) = await SendOnceAsync(request, renewed, read, deadline, cancellationToken).ConfigureAwait(false);
        if (status == HttpStatusCode.Unauthorized)
            _refused = renewed;
        return response;
    }

    private async Task<(HttpStatusCode Status, T Response)> SendOnceAsync<T>(
        HttpRequestMessage request,
        RequestCredential current,
        Func<HttpResponseMessage, CancellationToken, Task<T>> read,
        TimeSpan deadline,
        CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(deadline);
        try
        {
            request.Headers.Authorization = current.Authorization;
            var response = await _clients[current.Certificate].SendAsync(request, limit.Token).ConfigureAwait(false);
            return (response.StatusCode, await read(response, limit.Token).ConfigureAwait(false));
        }
        catch (Exception exception) when (IsTransport(exception))
        {
            throw Failure(exception, deadline, cancellationToken);
        }
    }

    private static bool IsTransport(Exception exception) =>
        exception is HttpRequestException or IOException or OperationCanceledException or AuthenticationException;

    private Exception Failure(Exception exception, TimeSpan deadline, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return new OperationCanceledException(exception.Message, exception, cancellationToken);
        if (exception is OperationCanceledException && exception.InnerException is not TimeoutException)
            return Unreachable(new TimeoutException($"No response within {deadline.TotalSeconds:0} s.", exception));
        if (exception is HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded })
            return ConnectionFailure.UnexpectedAnswer(BaseUri, $"the response is larger than {LargestResponse >> 20} MiB", exception);

        if (exception.Cause<ProxyException>() is { } proxy)
            return ProxyFailure.From(BaseUri, proxy);
        return exception.Cause<ServerCertificateException>() is { } untrusted ? Untrusted(untrusted) : Unreachable(exception);
    }

    private KubeCheckpointException Unreachable(Exception exception) => Role == ServerRole.Kubelet
        ? KubeletFailure.KubeletUnreachable(BaseUri, exception)
        : ConnectionFailure.ClusterUnreachable(BaseUri, exception);

    private KubeCheckpointException Untrusted(ServerCertificateException exception) => Role == ServerRole.Kubelet
        ? KubeletFailure.KubeletCertificateInvalid(BaseUri, exception)
        : ConnectionFailure.ClusterCertificateInvalid(BaseUri, exception);

    private static TimeSpan? RetryAfter(HttpResponseHeaders headers) => headers.RetryAfter?.Delta;
}

/// <summary>The server at the other end of a connection, which decides the failures.</summary>
internal enum ServerRole
{
    ApiServer,
    Kubelet,
}

using System.Net;
using System.Text;
using KubeCheckpoint.Cluster.Credentials;
using KubeCheckpoint.Cluster.Sockets;
using KubeCheckpoint.Http;

namespace KubeCheckpoint.Cluster.Connections;

/// <summary>
/// Sends requests to an API server or a kubelet, with the user's credentials and a deadline for each. Transport errors become failures
/// here; the caller interprets the response. Redirects are not followed: another server must not receive what this one is trusted with.
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
    private const int LargestResponse = 128 * 1024 * 1024;

    private readonly HttpClients _clients = new(createHandler);
    private readonly HttpTimings _timings = new();

    /// <summary>A credential that the server refused although it was new: to get another one is pointless.</summary>
    private volatile RequestCredential? _refused;

    /// <summary>The limits of time, apart from the deadline of each request.</summary>
    public HttpTimings Timings
    {
        get => _timings;
        init => _timings = value;
    }

    public Uri BaseUri { get; } = baseUri;

    public ServerRole Role { get; } = role;

    private HttpSender Sender => new(_timings);

    /// <summary>Sends a request and reads the complete response, whatever its status.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">The path, relative to the server's address.</param>
    /// <param name="deadline">The limit for each attempt.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <param name="body">The body, or null.</param>
    /// <param name="bodyType">The body's media type.</param>
    /// <param name="accept">The media type of the response.</param>
    /// <param name="repeat">When it is repeated. Default: always for a GET, otherwise only if it was refused.</param>
    public Task<ServerResponse> SendAsync(
        HttpMethod method,
        string path,
        TimeSpan deadline,
        CancellationToken cancellationToken,
        string? body = null,
        string bodyType = Json,
        string accept = Json,
        Repeat? repeat = null)
    {
        var call = NewCall(method, path, deadline) with { Accept = [accept] };
        if (body is not null)
            call = call with { Content = _ => new StringContent(body, Encoding.UTF8, bodyType) };
        else if (method == HttpMethod.Post)
            // Without content, HttpClient repeats a request by itself if the connection ends before the response.
            call = call with { Content = _ => new ByteArrayContent([]) };
        return RepeatAsync(
            () => ReadAsync(call, cancellationToken), repeat ?? (method == HttpMethod.Get ? Repeat.Always : Repeat.IfRefused), cancellationToken);
    }

    /// <summary>Creates what <see cref="BeginAsync"/> sends.</summary>
    public HttpCall NewCall(HttpMethod method, string path, TimeSpan deadline) => new(method, new Uri(BaseUri, path))
    {
        Accept = [Json],
        Deadline = deadline < _timings.LongestDeadline ? deadline : _timings.LongestDeadline,
        FollowsRedirects = false,
        LargestBody = LargestResponse,
    };

    /// <summary>Sends a request and returns the response with its body unread, for a watch or a WebSocket upgrade.</summary>
    /// <param name="call">The request.</param>
    /// <param name="repeat">When it is repeated. A 500 is what a kubelet says to an upgrade, and final.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    public async Task<HttpResponseMessage> BeginAsync(HttpCall call, Repeat repeat, CancellationToken cancellationToken)
    {
        var begun = await RepeatAsync(
            () => AuthorizedAsync(
                async (client, authorized) =>
                {
                    var response = await Sender.BeginAsync(client, authorized, cancellationToken).ConfigureAwait(false);
                    return (response.StatusCode, new BegunResponse(response, RetryAfter.Read(response.Headers, Timings.Clock.GetUtcNow())));
                },
                call,
                cancellationToken),
            repeat,
            cancellationToken,
            final: HttpStatusCode.InternalServerError).ConfigureAwait(false);
        return begun.Message;
    }

    /// <summary>Reads the response that <see cref="BeginAsync"/> returned, for a refusal.</summary>
    public Task<ServerResponse> ReadAsync(HttpResponseMessage response, HttpCall call, CancellationToken cancellationToken) =>
        TranslateAsync(async () => Complete(await Sender.ReadAsync(response, call, cancellationToken).ConfigureAwait(false), call));

    /// <summary>Repeats a request as far as that is allowed.</summary>
    /// <param name="send">Sends it, and throws what the handler of the connection throws.</param>
    /// <param name="repeat">When it is repeated.</param>
    /// <param name="cancellationToken">Ends the repetition.</param>
    /// <param name="final">A status after which it is not repeated, or null.</param>
    public Task<T> RepeatAsync<T>(Func<Task<T>> send, Repeat repeat, CancellationToken cancellationToken, HttpStatusCode? final = null)
        where T : ITransientReply => TranslateAsync(() => new RetrySchedule(_timings).RunAsync(
            Role == ServerRole.Kubelet ? $"The kubelet {BaseUri}" : $"The API server {BaseUri}",
            send,
            response => repeat switch
            {
                Repeat.Always => response.Status != final && RetrySchedule.IsTransient(response.Status),
                Repeat.IfRefused => response.Status == HttpStatusCode.TooManyRequests,
                _ => false,
            },
            broken => repeat switch
            {
                _ when broken.Cause<ProxyException>() is not null => false,
                Repeat.Always => RetrySchedule.MayPass(broken),
                Repeat.IfRefused => RetrySchedule.MayPass(broken) && RetrySchedule.IsNeverSent(broken),
                _ => false,
            },
            cancellationToken));

    /// <summary>Sends a request once and reads the complete response.</summary>
    /// <exception cref="HttpRequestException">The connection failed.</exception>
    /// <exception cref="ResponseTimeoutException">The deadline is over.</exception>
    public Task<ServerResponse> ReadAsync(HttpCall call, CancellationToken cancellationToken) => AuthorizedAsync(
        async (client, authorized) =>
        {
            var reply = await Sender.SendAsync(client, authorized, cancellationToken).ConfigureAwait(false);
            return (reply.Status, Complete(reply, authorized));
        },
        call,
        cancellationToken);

    public void Dispose() => _clients.Dispose();

    private ServerResponse Complete(HttpReply reply, HttpCall call)
    {
        if (reply is { IsSuccess: true, IsTruncated: true })
        {
            throw ConnectionFailure.UnexpectedAnswer(
                BaseUri,
                $"the response is larger than {call.LargestBody >> 10} KiB",
                new HttpRequestException(HttpRequestError.ConfigurationLimitExceeded, "The response is too large."));
        }

        // What is no JSON object may be quoted in a message.
        var body = reply.Body is [(byte)'{', ..] ? reply.Body : reply.Secrets.Hide(reply.Body);
        return new(reply.Status, Encoding.UTF8.GetString(body), reply.RetryAfter) { Date = reply.Headers.Date, Secrets = reply.Secrets };
    }

    /// <summary>
    /// Sends a request, and once more with another credential where the server refuses the first: a server that responds with 401 has not
    /// executed the request. The deadline applies to each request, not to what provides the credential, which may wait for the user.
    /// </summary>
    private async Task<T> AuthorizedAsync<T>(
        Func<HttpMessageInvoker, HttpCall, Task<(HttpStatusCode Status, T Response)>> send, HttpCall call, CancellationToken cancellationToken)
    {
        var current = await credential.GetAsync(cancellationToken).ConfigureAwait(false);
        var (status, response) = await SendAsync(current).ConfigureAwait(false);
        if (status != HttpStatusCode.Unauthorized || ReferenceEquals(current, _refused))
            return response;
        var renewed = await credential.RenewAsync(current, cancellationToken).ConfigureAwait(false);
        if (renewed is null)
            return response;
        (response as IDisposable)?.Dispose();
        (status, response) = await SendAsync(renewed).ConfigureAwait(false);
        if (status == HttpStatusCode.Unauthorized)
            _refused = renewed;
        return response;

        Task<(HttpStatusCode Status, T Response)> SendAsync(RequestCredential with) =>
            send(_clients[with.Certificate], call with { Authorization = with.Authorization });
    }

    private async Task<T> TranslateAsync<T>(Func<Task<T>> exchange)
    {
        try
        {
            return await exchange().ConfigureAwait(false);
        }
        catch (ResponseTimeoutException exception)
        {
            throw Unreachable(exception);
        }
        catch (HttpRequestException exception)
        {
            throw Failure(exception);
        }
    }

    private KubeCheckpointException Failure(HttpRequestException exception)
    {
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

    private sealed record BegunResponse(HttpResponseMessage Message, TimeSpan? RetryAfter) : ITransientReply, IDisposable
    {
        public HttpStatusCode Status => Message.StatusCode;

        public void Dispose() => Message.Dispose();
    }
}

/// <summary>The server at the other end of a connection, which decides the failures.</summary>
internal enum ServerRole
{
    ApiServer,
    Kubelet,
}

using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace KubeCheckpoint.Images.Registry;

/// <summary>
/// HTTP for registries: small responses, stall limits, and redirects that never carry the authorization to another origin and never
/// fall back from https to http.
/// </summary>
internal sealed class RegistryTransport : IDisposable
{
    private const int LongestRedirectChain = 5;

    private readonly string _registry;
    private readonly RegistryTimings _timings;
    private readonly HttpMessageInvoker _http;

    public RegistryTransport(string registry, RegistryOptions options)
    {
        _registry = registry;
        _timings = options.Timings;
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = !RegistryEndpoint.IsLoopback(registry),
            ConnectTimeout = _timings.Connect,
            Expect100ContinueTimeout = TimeSpan.FromSeconds(2),
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = ChainPolicy(options.CertificateAuthorities),
                RemoteCertificateValidationCallback = (_, _, chain, errors) => options.SkipCertificateCheck || Accept(chain, errors),
            },
        });
    }

    /// <summary>Why the last certificate was refused, or null.</summary>
    public string? CertificateFault { get; private set; }

    /// <summary>Sends a request and follows redirects.</summary>
    /// <exception cref="HttpRequestException">The connection failed.</exception>
    /// <exception cref="KubeCheckpointException">RegistryStalled, RegistryProtocolViolation, and what the body's source throws.</exception>
    public async Task<RegistryResponse> SendAsync(RegistryRequest request, CancellationToken cancellationToken)
    {
        using var guard = new StallGuard(_timings.Connect + _timings.Stall, cancellationToken);
        return await TranslateAsync(
            async () =>
            {
                var (response, uri) = await FollowAsync(request, guard).ConfigureAwait(false);
                using (response)
                    return await ReadAsync(response, uri, request.LargestBody, guard).ConfigureAwait(false);
            },
            guard,
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends a request and returns the body of a successful response as a stream, or a refusal with its body.</summary>
    /// <exception cref="HttpRequestException">The connection failed.</exception>
    /// <exception cref="KubeCheckpointException">RegistryStalled or RegistryProtocolViolation.</exception>
    public async Task<(RegistryStream? Stream, RegistryResponse? Refusal)> OpenAsync(RegistryRequest request, CancellationToken cancellationToken)
    {
        var guard = new StallGuard(_timings.Connect + _timings.Stall, cancellationToken);
        RegistryStream? stream = null;
        try
        {
            return await TranslateAsync<(RegistryStream?, RegistryResponse?)>(
                async () =>
                {
                    var (response, uri) = await FollowAsync(request, guard).ConfigureAwait(false);
                    if (!response.IsSuccessStatusCode)
                    {
                        using (response)
                            return (null, await ReadAsync(response, uri, request.LargestBody, guard).ConfigureAwait(false));
                    }
                    var body = await response.Content.ReadAsStreamAsync(guard.Token).ConfigureAwait(false);
                    return (stream = new RegistryStream(response, body, guard, _timings), null);
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

    /// <summary>Where a Location header points; a registry behind a TLS proxy may say http for itself, and means https.</summary>
    public Uri Resolve(Uri from, Uri location)
    {
        if (!Uri.TryCreate(from, location, out var target) || target.Scheme is not ("http" or "https"))
            throw RegistryFailure.RegistryProtocolViolation(_registry, "a Location header holds no http or https URL");
        if (from.Scheme != "https" || target.Scheme == "https")
            return target;
        return target.Host == from.Host
            ? new UriBuilder(target) { Scheme = "https", Port = from.Port }.Uri
            : throw RegistryFailure.RegistryProtocolViolation(_registry, $"it points from https to http on '{target.Host}'");
    }

    public void Dispose() => _http.Dispose();

    private static HttpRequestMessage MessageOf(RegistryRequest request, Uri uri, StallGuard guard)
    {
        var message = new HttpRequestMessage(request.Method, uri) { Content = request.Content?.Invoke(guard) };
        message.Headers.UserAgent.ParseAdd("KubeCheckpoint");
        foreach (var accepted in request.Accept)
            message.Headers.Accept.ParseAdd(accepted);
        if (request.From > 0)
            message.Headers.Range = new RangeHeaderValue(request.From, null);
        if (request.ExpectContinue)
            message.Headers.ExpectContinue = true;
        if (RegistryEndpoint.IsSameOrigin(uri, request.Uri))
            message.Headers.Authorization = request.Authorization;
        return message;
    }

    private async Task<(HttpResponseMessage Response, Uri Uri)> FollowAsync(RegistryRequest request, StallGuard guard)
    {
        var uri = request.Uri;
        for (var hop = 0; hop <= LongestRedirectChain; hop++)
        {
            using var message = MessageOf(request, uri, guard);
            var response = await _http.SendAsync(message, guard.Token).ConfigureAwait(false);
            if (!IsRedirect(response.StatusCode) || response.Headers.Location is not { } location)
                return (response, uri);
            response.Dispose();
            uri = Resolve(uri, location);
        }
        throw RegistryFailure.RegistryProtocolViolation(_registry, $"it redirects more than {LongestRedirectChain} times");
    }

    private async Task<T> TranslateAsync<T>(Func<Task<T>> exchange, StallGuard guard, CancellationToken cancellationToken)
    {
        try
        {
            return await exchange().ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (guard.HasStalled)
        {
            throw RegistryFailure.RegistryStalled(_registry, guard.Limit, exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HttpRequestException(HttpRequestError.ConnectionError, exception.InnerException?.Message ?? exception.Message, exception);
        }
        catch (IOException exception)
        {
            throw new HttpRequestException(HttpRequestError.ResponseEnded, exception.Message, exception);
        }
    }

    private async Task<RegistryResponse> ReadAsync(HttpResponseMessage response, Uri uri, int largest, StallGuard guard)
    {
        guard.Expect(_timings.Stall);
        using var body = new MemoryStream();
        var stream = await response.Content.ReadAsStreamAsync(guard.Token).ConfigureAwait(false);
        var buffer = new byte[16 * 1024];
        while (body.Length <= largest)
        {
            var count = await stream.ReadAsync(buffer, guard.Token).ConfigureAwait(false);
            if (count == 0)
                break;
            body.Write(buffer, 0, count);
            guard.Expect(_timings.Stall);
        }
        return new RegistryResponse(response.StatusCode, response.Headers, body.ToArray(), uri)
        {
            MediaType = response.Content.Headers.ContentType?.MediaType,
            Length = response.Content.Headers.ContentLength,
            IsTruncated = body.Length > largest,
        };
    }

    private static bool IsRedirect(HttpStatusCode status) => status is HttpStatusCode.MovedPermanently or HttpStatusCode.Found
        or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;

    private static X509ChainPolicy? ChainPolicy(X509Certificate2Collection? authorities)
    {
        if (authorities is null)
            return null;
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }

    private bool Accept(X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None)
            return true;
        CertificateFault = errors switch
        {
            _ when errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable) => "the server shows none",
            _ when errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) => "it is for another name",
            _ => chain?.ChainStatus.FirstOrDefault().StatusInformation.TrimEnd('.', '\n', ' ') ?? "it is not trusted",
        };
        return false;
    }
}

using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace KubeCheckpoint.Images.Registry;

/// <summary>
/// HTTP as far as a registry needs it: small answers, stall limits, redirects that never carry the authorization to another
/// origin and never fall from https to http.
/// </summary>
internal sealed class RegistryTransport : IDisposable
{
    private const int LargestBody = 1024 * 1024;
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
            Expect100ContinueTimeout = TimeSpan.FromSeconds(5),
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = ChainPolicy(options.CertificateAuthorities),
                RemoteCertificateValidationCallback = (_, _, chain, errors) => options.SkipCertificateCheck || Accept(chain, errors),
            },
        });
    }

    /// <summary>Why the last certificate was refused, or null.</summary>
    public string? CertificateFault { get; private set; }

    /// <summary>Makes a request and follows redirects.</summary>
    /// <exception cref="HttpRequestException">No connection, or it broke.</exception>
    /// <exception cref="KubeCheckpointException">RegistryStalled, RegistryProtocolViolation, and what the body's source throws.</exception>
    public async Task<RegistryAnswer> SendAsync(RegistryRequest request, CancellationToken cancellationToken)
    {
        var uri = request.Uri;
        for (var hop = 0; hop <= LongestRedirectChain; hop++)
        {
            using var guard = new StallGuard(_timings.Connect + _timings.Stall, cancellationToken);
            try
            {
                using var message = MessageOf(request, uri, guard);
                using var response = await _http.SendAsync(message, guard.Token).ConfigureAwait(false);
                if (!IsRedirect(response.StatusCode) || response.Headers.Location is not { } location)
                    return await ReadAsync(response, uri, guard).ConfigureAwait(false);
                uri = Resolve(uri, location);
            }
            catch (OperationCanceledException exception) when (guard.HasStalled)
            {
                throw ImageFailure.RegistryStalled(_registry, guard.Limit, exception);
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
        throw ImageFailure.RegistryProtocolViolation(_registry, $"it redirects more than {LongestRedirectChain} times");
    }

    /// <summary>Where a Location header points; a registry behind a TLS proxy may say http for itself, and means https.</summary>
    public Uri Resolve(Uri from, Uri location)
    {
        if (!Uri.TryCreate(from, location, out var target) || target.Scheme is not ("http" or "https"))
            throw ImageFailure.RegistryProtocolViolation(_registry, "a Location header holds no http or https URL");
        if (from.Scheme != "https" || target.Scheme == "https")
            return target;
        return target.Host == from.Host
            ? new UriBuilder(target) { Scheme = "https", Port = from.Port }.Uri
            : throw ImageFailure.RegistryProtocolViolation(_registry, $"it points from https to http on '{target.Host}'");
    }

    public void Dispose() => _http.Dispose();

    private static HttpRequestMessage MessageOf(RegistryRequest request, Uri uri, StallGuard guard)
    {
        var message = new HttpRequestMessage(request.Method, uri) { Content = request.Content?.Invoke(guard) };
        message.Headers.UserAgent.ParseAdd("KubeCheckpoint");
        foreach (var type in request.Accept)
            message.Headers.Accept.ParseAdd(type);
        if (request.AskFirst)
            message.Headers.ExpectContinue = true;
        if (RegistryEndpoint.IsSameOrigin(uri, request.Uri))
            message.Headers.Authorization = request.Authorization;
        return message;
    }

    private async Task<RegistryAnswer> ReadAsync(HttpResponseMessage response, Uri uri, StallGuard guard)
    {
        guard.Expect(_timings.Stall);
        using var body = new MemoryStream();
        var stream = await response.Content.ReadAsStreamAsync(guard.Token).ConfigureAwait(false);
        var buffer = new byte[16 * 1024];
        while (body.Length < LargestBody)
        {
            var count = await stream.ReadAsync(buffer, guard.Token).ConfigureAwait(false);
            if (count == 0)
                break;
            body.Write(buffer, 0, count);
        }
        return new RegistryAnswer(response.StatusCode, response.Headers, body.ToArray(), uri);
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

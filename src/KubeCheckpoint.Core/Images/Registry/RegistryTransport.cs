using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using KubeCheckpoint.Http;

namespace KubeCheckpoint.Images.Registry;

/// <summary>HTTP for a registry, its token server and where they redirect: the trust in certificates, and the failures.</summary>
internal sealed class RegistryTransport : IDisposable
{
    private readonly string _registry;
    private readonly HttpSender _sender;
    private readonly RetrySchedule _retries;
    private readonly HttpMessageInvoker _http;

    public RegistryTransport(string registry, RegistryOptions options)
    {
        _registry = registry;
        _sender = new HttpSender(options.Timings);
        _retries = new RetrySchedule(options.Timings);
        var handler = HttpSender.NewHandler();
        handler.UseProxy = !RegistryEndpoint.IsLoopback(registry);
        handler.ConnectTimeout = options.Timings.Connect;
        handler.Expect100ContinueTimeout = TimeSpan.FromSeconds(2);
        handler.SslOptions = new SslClientAuthenticationOptions
        {
            CertificateChainPolicy = ChainPolicy(options.CertificateAuthorities),
            RemoteCertificateValidationCallback = (_, _, chain, errors) => options.SkipCertificateCheck || Accept(chain, errors),
        };
        _http = new HttpMessageInvoker(handler);
    }

    /// <summary>Why the last certificate was refused, or null.</summary>
    public string? CertificateFault { get; private set; }

    /// <summary>Sends a request and follows redirects.</summary>
    /// <exception cref="HttpRequestException">The connection failed.</exception>
    /// <exception cref="KubeCheckpointException">
    /// RegistryStalled, RegistryProtocolViolation, CredentialsRedirected, and what the body's source throws.
    /// </exception>
    public Task<RegistryResponse> SendAsync(RegistryRequest request, CancellationToken cancellationToken) => TranslateAsync(
        request, async () => new RegistryResponse(await _sender.SendAsync(_http, request, cancellationToken).ConfigureAwait(false)));

    /// <summary>Sends a request and returns the body of a successful response as a stream, or a refusal with its body.</summary>
    /// <exception cref="HttpRequestException">The connection failed.</exception>
    /// <exception cref="KubeCheckpointException">RegistryStalled or RegistryProtocolViolation.</exception>
    public Task<(HttpStream? Stream, RegistryResponse? Refusal)> OpenAsync(RegistryRequest request, CancellationToken cancellationToken) => TranslateAsync(
        request,
        async () =>
        {
            var (stream, refusal) = await _sender.OpenAsync(_http, request, cancellationToken).ConfigureAwait(false);
            return (stream, refusal is null ? null : new RegistryResponse(refusal));
        });

    /// <summary>Repeats a request after transient refusals.</summary>
    /// <param name="send">Sends the request.</param>
    /// <param name="repeatsBroken">The failures of the connection after which it is repeated too; the others are thrown.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <exception cref="HttpRequestException">The connection failed.</exception>
    public Task<RegistryResponse> RepeatAsync(
        Func<Task<RegistryResponse>> send, Func<HttpRequestException, bool> repeatsBroken, CancellationToken cancellationToken) =>
        _retries.RunAsync($"The registry '{_registry}'", send, response => response.IsTransient, repeatsBroken, cancellationToken);

    /// <inheritdoc cref="Redirects.Resolve"/>
    public Uri Resolve(Uri from, Uri location)
    {
        try
        {
            return Redirects.Resolve(from, location);
        }
        catch (RedirectException exception)
        {
            throw RegistryFailure.RegistryProtocolViolation(_registry, exception.Message, exception);
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<T> TranslateAsync<T>(RegistryRequest request, Func<Task<T>> exchange)
    {
        try
        {
            return await exchange().ConfigureAwait(false);
        }
        catch (ResponseTimeoutException exception)
        {
            throw RegistryFailure.RegistryStalled(_registry, exception.Limit, exception);
        }
        catch (RedirectException exception) when (exception.SecretFor is { } other)
        {
            throw RegistryFailure.CredentialsRedirected(_registry, Origin.Of(request.Uri), other, exception);
        }
        catch (RedirectException exception)
        {
            throw RegistryFailure.RegistryProtocolViolation(_registry, exception.Message, exception);
        }
    }

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

using System.Net;
using KubeCheckpoint.Http;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images.Registry;

/// <summary>A client for one repository of a registry: authorizes requests and repeats them where that may help (OCI distribution spec 1.1).</summary>
/// <remarks>
/// The Location rule: an upload's Location and a redirect may lead to another origin, as the registry decides where the blobs are stored that
/// it is given. Requests there carry no credentials, and a challenge from there is ignored. From https, nothing leads to http.
/// </remarks>
internal sealed class RegistryClient : IDisposable
{
    private readonly RegistryTransport _transport;
    private readonly RegistryAuthorizer _authorizer;
    private readonly RegistryScope _scope;
    private Uri _base = new("about:blank");

    private RegistryClient(ImageReference image, RegistryScope scope, RegistryOptions options)
    {
        Image = image;
        Timings = options.Timings;
        Sizes = options.Sizes;
        _scope = scope;
        _transport = new RegistryTransport(image.Registry, options);
        _authorizer = new RegistryAuthorizer(_transport, image, options);
    }

    /// <summary>The repository; tag and digest do not matter for requests.</summary>
    public ImageReference Image { get; }

    public RegistryTimings Timings { get; }

    public UploadSizes Sizes { get; }

    /// <summary>Connects for reading: finds out whether the registry uses https, and how it authenticates. No credentials are sent yet.</summary>
    public static Task<RegistryClient> OpenForPullAsync(ImageReference image, RegistryOptions options, CancellationToken cancellationToken) =>
        OpenAsync(image, RegistryScope.Pull(image.Repository), options, cancellationToken);

    /// <summary>Connects for writing: finds out whether the registry uses https, and how it authenticates. No credentials are sent yet.</summary>
    public static Task<RegistryClient> OpenForPushAsync(ImageReference image, RegistryOptions options, CancellationToken cancellationToken) =>
        OpenAsync(image, RegistryScope.Push(image.Repository), options, cancellationToken);

    /// <summary>Sends a request once, with a token. A token that has expired is renewed.</summary>
    public Task<RegistryResponse> SendAsync(RegistryRequest request, CancellationToken cancellationToken) =>
        AuthorizedAsync(request, authorized => _transport.SendAsync(authorized, cancellationToken), response => response, cancellationToken);

    /// <summary>Sends a request once, for a response whose body is read as a stream.</summary>
    public Task<(HttpStream? Stream, RegistryResponse? Refusal)> OpenAsync(RegistryRequest request, CancellationToken cancellationToken) =>
        AuthorizedAsync(request, authorized => _transport.OpenAsync(authorized, cancellationToken), response => response.Refusal, cancellationToken);

    /// <summary>Sends a request, and repeats it after transient refusals. Connection failures are thrown.</summary>
    /// <exception cref="HttpRequestException">The connection failed.</exception>
    public Task<RegistryResponse> SendWithRefusalRetryAsync(RegistryRequest request, CancellationToken cancellationToken) =>
        _transport.RepeatAsync(() => SendAsync(request, cancellationToken), _ => false, cancellationToken);

    /// <summary>Sends a request, and repeats it after transient refusals and connection failures.</summary>
    public async Task<RegistryResponse> SendWithRetryAsync(RegistryRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await _transport.RepeatAsync(() => SendAsync(request, cancellationToken), RetrySchedule.MayPass, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException exception)
        {
            throw Unreachable(exception);
        }
    }

    /// <summary>The URL of a resource of the repository.</summary>
    public Uri At(string path) => new(_base, $"v2/{Image.Repository}/{path}");

    /// <summary>The URL in the Location header of a response.</summary>
    public Uri Resolve(Uri from, Uri location) => _transport.Resolve(from, location);

    /// <summary>Whether a URL leads to the registry itself.</summary>
    public bool IsOwn(Uri uri) => Origin.AreSame(uri, _base);

    /// <summary>The failure for a connection that cannot be made or fails again and again.</summary>
    public KubeCheckpointException Unreachable(Exception exception) => CertificateFault is { } fault
        ? RegistryFailure.RegistryCertificateInvalid(Image.Registry, fault, exception)
        : RegistryFailure.RegistryUnreachable(Image.Registry, exception);

    /// <summary>The failure for connections that break while a blob is sent or received.</summary>
    /// <param name="exception">The last failure.</param>
    /// <param name="done">The bytes that have arrived.</param>
    /// <param name="total">The size of the blob.</param>
    public KubeCheckpointException Unreachable(Exception exception, long done, long total) => _transport.CertificateFault is null
        ? RegistryFailure.RegistryUnreachable(Image.Registry, done, total, exception)
        : Unreachable(exception);

    /// <summary>The failure for a response that refuses a request, or does not do what was asked although its status is a success.</summary>
    /// <param name="response">The response.</param>
    /// <param name="action">The request, as in "refused to accept a blob".</param>
    /// <param name="digest">The digest that was sent, or null.</param>
    public KubeCheckpointException Refusal(RegistryResponse response, string action, Digest? digest = null) => response.Status switch
    {
        _ when response.IsSuccess => RegistryFailure.RegistryProtocolViolation(
            Image.Registry, $"it did not {action}, although it responded with status {(int)response.Status}"),
        HttpStatusCode.Unauthorized => RegistryFailure.RegistryUnauthorized(Image.Registry, _authorizer.CredentialSource, response.Message),
        HttpStatusCode.Forbidden => RegistryFailure.RegistryForbidden(Image.Registry, Image.Repository, response.Message),
        _ when digest is not null && response.Message?.Contains("DIGEST_INVALID", StringComparison.Ordinal) == true =>
            ImageFailure.DigestMismatch(Image.Registry, digest.ToString(), $"other content ({response.Message})"),
        _ => RegistryFailure.RegistryRefused(Image.Registry, action, response.Status, response.Message),
    };

    /// <exception cref="KubeCheckpointException">DigestMismatch: the registry reports another digest.</exception>
    public void CheckDigest(RegistryResponse response, Digest expected)
    {
        if (response.ContentDigest is { } stored && stored != expected.ToString())
            throw ImageFailure.DigestMismatch(Image.Registry, expected.ToString(), stored);
    }

    private string? CertificateFault => _transport.CertificateFault;

    public void Dispose()
    {
        _authorizer.Dispose();
        _transport.Dispose();
    }

    private static async Task<RegistryClient> OpenAsync(
        ImageReference image, RegistryScope scope, RegistryOptions options, CancellationToken cancellationToken)
    {
        var client = new RegistryClient(image, scope, options);
        try
        {
            (client._base, var response) = await RegistryEndpoint
                .FindAsync(client._transport, image.Registry, options, cancellationToken).ConfigureAwait(false);
            if (response.Status == HttpStatusCode.Unauthorized && client.IsOwn(response.Uri) && AuthChallenge.Of(response.Headers) is { } challenge)
                client._authorizer.Accept(challenge, null);
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    // A token that expires on the way causes one more 401, and is then renewed.
    private async Task<T> AuthorizedAsync<T>(
        RegistryRequest request, Func<RegistryRequest, Task<T>> send, Func<T, RegistryResponse?> responseOf, CancellationToken cancellationToken)
    {
        for (var renewed = false; ; renewed = true)
        {
            // A Location may lead to another host: it gets no token, and its challenges are not those of the registry.
            var authorization = IsOwn(request.Uri)
                ? await _authorizer.GetAsync(_base, request.Scope ?? _scope, cancellationToken).ConfigureAwait(false)
                : null;
            var result = await send(request with { Authorization = authorization }).ConfigureAwait(false);
            if (renewed
                || responseOf(result) is not { Status: HttpStatusCode.Unauthorized } refusal
                || !IsOwn(refusal.Uri)
                || AuthChallenge.Of(refusal.Headers) is not { } challenge)
            {
                return result;
            }
            _authorizer.Accept(challenge, authorization);
        }
    }
}

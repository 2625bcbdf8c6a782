using System.Net;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images.Registry;

/// <summary>Speaks to one repository of a registry: requests with their authorization, made again where that may help (OCI distribution spec 1.1).</summary>
internal sealed class RegistryClient : IDisposable
{
    private readonly RegistryTransport _transport;
    private readonly RetrySchedule _retries;
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
        _retries = new RetrySchedule(options.Timings);
        _authorizer = new RegistryAuthorizer(_transport, image, options, _retries);
    }

    /// <summary>Registry and repository; tag and digest do not matter here.</summary>
    public ImageReference Image { get; }

    public RegistryTimings Timings { get; }

    public UploadSizes Sizes { get; }

    /// <summary>Finds the registry and how it wants to be spoken to, for reading. No credentials are sent yet.</summary>
    public static Task<RegistryClient> OpenForPullAsync(ImageReference image, RegistryOptions options, CancellationToken cancellationToken) =>
        OpenAsync(image, RegistryScope.Pull(image.Repository), options, cancellationToken);

    /// <summary>Finds the registry and how it wants to be spoken to, for writing. No credentials are sent yet.</summary>
    public static Task<RegistryClient> OpenForPushAsync(ImageReference image, RegistryOptions options, CancellationToken cancellationToken) =>
        OpenAsync(image, RegistryScope.Push(image.Repository), options, cancellationToken);

    /// <summary>Makes a request once, with a token; one that was refused since it ran out is renewed.</summary>
    public Task<RegistryAnswer> SendAsync(RegistryRequest request, CancellationToken cancellationToken) =>
        AuthorizedAsync(request, authorized => _transport.SendAsync(authorized, cancellationToken), answer => answer, cancellationToken);

    /// <summary>The same, for a body that is read as it comes.</summary>
    public Task<(RegistryStream? Stream, RegistryAnswer? Refusal)> OpenAsync(RegistryRequest request, CancellationToken cancellationToken) =>
        AuthorizedAsync(request, authorized => _transport.OpenAsync(authorized, cancellationToken), answer => answer.Refusal, cancellationToken);

    /// <summary>Makes a request, again when it is refused for a passing reason. What breaks is thrown.</summary>
    /// <exception cref="HttpRequestException">No connection, or it broke.</exception>
    public Task<RegistryAnswer> AskAsync(RegistryRequest request, CancellationToken cancellationToken) =>
        _retries.RunAsync(() => SendAsync(request, cancellationToken), retryBroken: false, cancellationToken);

    /// <summary>Makes a request, again when it is refused for a passing reason or breaks.</summary>
    public async Task<RegistryAnswer> AskFirmlyAsync(RegistryRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await _retries.RunAsync(() => SendAsync(request, cancellationToken), retryBroken: true, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException exception)
        {
            throw Unreachable(exception);
        }
    }

    /// <summary>Where something of the repository is.</summary>
    public Uri At(string path) => new(_base, $"v2/{Image.Repository}/{path}");

    /// <summary>Where a Location header of an answer points.</summary>
    public Uri Resolve(Uri from, Uri location) => _transport.Resolve(from, location);

    /// <summary>Whether a URL leads to the registry itself.</summary>
    public bool IsOwn(Uri uri) => RegistryEndpoint.IsSameOrigin(uri, _base);

    /// <summary>The failure of a connection that cannot be made or breaks again and again.</summary>
    public KubeCheckpointException Unreachable(Exception exception) => _transport.CertificateFault is { } fault
        ? ImageFailure.RegistryCertificateInvalid(Image.Registry, fault, exception)
        : ImageFailure.RegistryUnreachable(Image.Registry, exception);

    /// <summary>The failure of an answer that says no.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="action">What was asked for, as in "refused to take a blob".</param>
    /// <param name="digest">The digest that was sent, or null.</param>
    public KubeCheckpointException Refusal(RegistryAnswer answer, string action, string? digest = null) => answer.Status switch
    {
        HttpStatusCode.Unauthorized => ImageFailure.RegistryUnauthorized(Image.Registry, _authorizer.CredentialSource, answer.Words),
        HttpStatusCode.Forbidden => ImageFailure.RegistryForbidden(Image.Registry, Image.Repository, answer.Words),
        _ when digest is not null && answer.Words?.Contains("DIGEST_INVALID", StringComparison.Ordinal) == true =>
            ImageFailure.DigestMismatch(Image.Registry, digest, answer.Words),
        _ => ImageFailure.RegistryRefused(Image.Registry, action, answer.Status, answer.Words),
    };

    /// <exception cref="KubeCheckpointException">DigestMismatch: the registry says that it has stored something else.</exception>
    public void CheckDigest(RegistryAnswer answer, OciDescriptor content)
    {
        if (answer.ContentDigest is { } stored && stored != content.Digest)
            throw ImageFailure.DigestMismatch(Image.Registry, content.Digest, stored);
    }

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
            (client._base, var answer) = await RegistryEndpoint
                .FindAsync(client._transport, image.Registry, options, client._retries, cancellationToken).ConfigureAwait(false);
            if (answer.Status == HttpStatusCode.Unauthorized && AuthChallenge.Of(answer.Headers) is { } challenge)
                client._authorizer.Accept(challenge, null);
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    // A token that ran out on the way gives one more 401, and then a new one.
    private async Task<T> AuthorizedAsync<T>(
        RegistryRequest request, Func<RegistryRequest, Task<T>> send, Func<T, RegistryAnswer?> answerOf, CancellationToken cancellationToken)
    {
        for (var renewed = false; ; renewed = true)
        {
            // A Location may lead to another host: it gets no token, and what it asks for is not what the registry asks for.
            var authorization = IsOwn(request.Uri)
                ? await _authorizer.GetAsync(_base, request.Scope ?? _scope, cancellationToken).ConfigureAwait(false)
                : null;
            var result = await send(request with { Authorization = authorization }).ConfigureAwait(false);
            if (renewed || answerOf(result) is not { Status: HttpStatusCode.Unauthorized } refusal || !IsOwn(refusal.Uri) || AuthChallenge.Of(refusal.Headers) is not { } challenge)
                return result;
            _authorizer.Accept(challenge, authorization);
        }
    }
}

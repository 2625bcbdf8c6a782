using System.Net;
using System.Net.Http.Headers;
using System.Text;
using KubeCheckpoint.Images.Credentials;

namespace KubeCheckpoint.Images.Registry;

/// <summary>Answers a registry's challenges: Basic, or a bearer token, which is fetched anew before it runs out.</summary>
internal sealed class RegistryAuthorizer(
    RegistryTransport transport,
    ImageReference image,
    RegistryOptions options,
    RetrySchedule retries)
{
    private AuthChallenge? _challenge;
    private RegistryToken? _token;
    private RegistryCredential? _credential;
    private bool _searched;

    /// <summary>Where the credentials in use came from, or null where there are none.</summary>
    public string? CredentialSource => _credential?.Source;

    /// <summary>Remembers what a 401 asks for; a token had until now is not used again.</summary>
    public void Accept(AuthChallenge challenge)
    {
        _challenge = challenge;
        _token = null;
    }

    /// <summary>The header for the next request, or null where nothing was asked for or nothing is known.</summary>
    public async Task<AuthenticationHeaderValue?> GetAsync(Uri registry, CancellationToken cancellationToken)
    {
        if (_challenge is null)
            return null;
        if (!_searched)
            _credential = await new CredentialFinder().FindAsync(image.Registry, image.Repository, options, cancellationToken).ConfigureAwait(false);
        _searched = true;
        if (!_challenge.IsBearer)
            return _credential is { IsIdentityToken: false } ? Basic(_credential) : null;
        if (_token is null || _token.RenewAt <= DateTimeOffset.UtcNow)
            _token = await FetchAsync(_challenge, registry, cancellationToken).ConfigureAwait(false);
        return new AuthenticationHeaderValue("Bearer", _token.Value);
    }

    private async Task<RegistryToken> FetchAsync(AuthChallenge challenge, Uri registry, CancellationToken cancellationToken)
    {
        var realm = challenge.Realm!;
        if (_credential is not null && realm.Scheme == "http" && registry.Scheme == "https" && !realm.IsLoopback)
            throw ImageFailure.RegistryProtocolViolation(image.Registry, $"it wants the credentials sent over http to '{realm.Host}'");
        var request = _credential is { IsIdentityToken: true } ? TokenByOAuth(challenge, realm) : TokenByBasic(challenge, realm);
        var answer = await retries.RunAsync(() => transport.SendAsync(request, cancellationToken), retryBroken: true, cancellationToken).ConfigureAwait(false);
        if (answer.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.BadRequest)
            throw ImageFailure.RegistryUnauthorized(image.Registry, CredentialSource, answer.Words);
        if (answer.Status != HttpStatusCode.OK)
            throw ImageFailure.RegistryRefused(image.Registry, $"give a token at {realm.Host}", answer.Status, answer.Words);
        return RegistryToken.Parse(answer.Body, DateTimeOffset.UtcNow)
            ?? throw ImageFailure.RegistryProtocolViolation(image.Registry, $"the answer of its token server '{realm.Host}' holds no token");
    }

    private RegistryRequest TokenByBasic(AuthChallenge challenge, Uri realm)
    {
        var query = new StringBuilder(realm.Query.Length > 1 ? realm.Query[1..] + "&" : "");
        if (challenge.Service is { Length: > 0 } service)
            query.Append("service=").Append(Uri.EscapeDataString(service)).Append('&');
        query.Append("scope=").Append(Uri.EscapeDataString(Scope));
        return new RegistryRequest(HttpMethod.Get, new UriBuilder(realm) { Query = query.ToString() }.Uri)
        {
            Authorization = _credential is null ? null : Basic(_credential),
        };
    }

    private RegistryRequest TokenByOAuth(AuthChallenge challenge, Uri realm) => new(HttpMethod.Post, realm)
    {
        Content = _ => new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "refresh_token",
            ["refresh_token"] = _credential!.Secret,
            ["client_id"] = "KubeCheckpoint",
            ["service"] = challenge.Service ?? "",
            ["scope"] = Scope,
        }),
    };

    private string Scope => $"repository:{image.Repository}:pull,push";

    private static AuthenticationHeaderValue Basic(RegistryCredential credential) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credential.UserName}:{credential.Secret}")));
}

using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using KubeCheckpoint.Http;
using KubeCheckpoint.Images.Oci;

namespace KubeCheckpoint.Images.Registry;

/// <summary>Responds to a registry's challenges: with Basic, or with a bearer token that is renewed before it expires.</summary>
/// <remarks>
/// The realm rule: the registry itself, which the user has named, says which token server issues its tokens, on whatever host. Credentials are
/// sent there over https; over http only to this machine or, where the user has allowed http for the registry, to the registry's own host. Without
/// credentials http is used only for the tokens of a registry that is reached over http: what any http server of this network returns as a token
/// is sent to the registry. Credentials stay at the origin of the realm: a header with them does not follow a redirect to another one, and a body
/// with them (an identity token) makes such a redirect a failure. The challenges of other origins, to which a request was redirected, are ignored.
/// </remarks>
internal sealed class RegistryAuthorizer(RegistryTransport transport, ImageReference image, RegistryOptions options) : IDisposable
{
    private AuthChallenge? _challenge;
    private readonly ConcurrentDictionary<string, RegistryToken> _tokens = new();
    private readonly SemaphoreSlim _gate = new(1);
    private RegistryCredential? _credential;
    private bool _searched;

    /// <summary>Where the credentials in use were found, or null where there are none.</summary>
    public string? CredentialSource => _credential?.Source;

    /// <summary>Remembers the challenge of a 401; a rejected token is not used again.</summary>
    public void Accept(AuthChallenge challenge, AuthenticationHeaderValue? refused)
    {
        _challenge = challenge;
        foreach (var (scope, token) in _tokens)
        {
            if (token.Value == refused?.Parameter)
                _tokens.TryRemove(scope, out _);
        }
    }

    /// <summary>The header for a request, or null where there was no challenge or no credentials are known. Several callers may ask at once.</summary>
    public async Task<AuthenticationHeaderValue?> GetAsync(Uri registry, RegistryScope scope, CancellationToken cancellationToken)
    {
        if (_challenge is not { } challenge)
            return null;
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!_searched)
                _credential = await new CredentialFinder().FindAsync(image.Registry, image.Repository, options, cancellationToken).ConfigureAwait(false);
            _searched = true;
            if (!challenge.IsBearer)
                return _credential is { IsIdentityToken: false } ? Basic(_credential) : null;
            if (!_tokens.TryGetValue(scope.Key, out var token) || token.RenewAt <= options.Timings.Clock.GetUtcNow())
                _tokens[scope.Key] = token = await FetchAsync(challenge, registry, scope, cancellationToken).ConfigureAwait(false);
            return new AuthenticationHeaderValue("Bearer", token.Value);
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    private async Task<RegistryToken> FetchAsync(AuthChallenge challenge, Uri registry, RegistryScope scope, CancellationToken cancellationToken)
    {
        var realm = challenge.Realm!;
        if (!MayAsk(realm, registry))
        {
            throw RegistryFailure.RegistryProtocolViolation(
                image.Registry, $"it asks for {(_credential is null ? "a request for a token" : "the credentials")} over http at '{realm.Host}'");
        }
        var request = _credential is { IsIdentityToken: true } ? TokenByOAuth(challenge, realm, scope) : TokenByBasic(challenge, realm, scope);
        var response = await RequestAsync(request, cancellationToken).ConfigureAwait(false);
        if (response.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.BadRequest)
            throw RegistryFailure.RegistryUnauthorized(image.Registry, CredentialSource, response.Message);
        if (!response.IsSuccess)
            throw RegistryFailure.RegistryRefused(image.Registry, $"issue a token at {realm.Host}", response.Status, response.Message);
        var token = RegistryToken.Parse(response.Body, options.Timings.Clock.GetUtcNow())
            ?? throw RegistryFailure.RegistryProtocolViolation(image.Registry, $"the response of its token server '{realm.Host}' has no token");
        return HeaderText.FindProblem(token.Value) is { } problem
            ? throw HttpFailure.HeaderValueInvalid($"the token server '{realm.Host}' of the registry '{image.Registry}'", problem)
            : token;
    }

    // Final: the request that needs the token is not repeated for it.
    private async Task<RegistryResponse> RequestAsync(RegistryRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await transport.RepeatAsync(
                () => transport.SendAsync(request, cancellationToken), RetrySchedule.MayPass, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException exception)
        {
            throw RegistryFailure.TokenServerUnreachable(image.Registry, Origin.Of(request.Uri), transport.CertificateFault, exception);
        }
    }

    private bool MayAsk(Uri realm, Uri registry) =>
        realm.Scheme == "https"
        || (Origin.IsLoopback(realm) && (_credential is not null || Origin.IsLoopback(registry)))
        || (registry.Scheme == "http" && (_credential is null || (options.PlainHttp && realm.IdnHost == registry.IdnHost)));

    private RegistryRequest TokenByBasic(AuthChallenge challenge, Uri realm, RegistryScope scope)
    {
        var query = new StringBuilder(realm.Query.Length > 1 ? realm.Query[1..] + "&" : "");
        if (challenge.Service is { Length: > 0 } service)
            query.Append("service=").Append(Uri.EscapeDataString(service)).Append('&');
        query.AppendJoin('&', scope.Parts.Select(part => "scope=" + Uri.EscapeDataString(part)));
        return new RegistryRequest(HttpMethod.Get, new UriBuilder(realm) { Query = query.ToString() }.Uri)
        {
            Authorization = _credential is null ? null : Basic(_credential),
        };
    }

    private RegistryRequest TokenByOAuth(AuthChallenge challenge, Uri realm, RegistryScope scope) => new(HttpMethod.Post, realm)
    {
        SecretOfBody = _credential!.Secret,
        Content = _ => new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "refresh_token",
            ["refresh_token"] = _credential.Secret,
            ["client_id"] = "KubeCheckpoint",
            ["service"] = challenge.Service ?? "",
            ["scope"] = scope.Key,
        }),
    };

    private static AuthenticationHeaderValue Basic(RegistryCredential credential) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credential.UserName}:{credential.Secret}")));
}

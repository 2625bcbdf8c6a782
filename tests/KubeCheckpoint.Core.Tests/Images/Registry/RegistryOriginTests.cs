using System.Net;
using System.Text;
using KubeCheckpoint.Http;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Core.Tests.Images.Registry;

/// <summary>Which origins get the user's credentials: the registry, the token server that it names, and nobody to whom these redirect.</summary>
public sealed class RegistryOriginTests : IDisposable
{
    private const string Secret = "PLANTED";
    private const string IdentityUser = "<token>";

    private readonly FakeRegistry _registry = new();
    private readonly FakeRegistry _other = new();

    public void Dispose()
    {
        _registry.Dispose();
        _other.Dispose();
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task An_identity_token_does_not_follow_the_token_servers_redirect(int status)
    {
        Challenge($"http://{_registry.Host}/token", new FakeResponse(status, "", $"Location: http://{_other.Host}/token"));

        var failure = await FailAsync(new(IdentityUser, Secret));

        Assert.Equal("CredentialsRedirected", failure.ErrorId);
        Assert.Contains(_other.Host, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, failure.ToString(), StringComparison.Ordinal);
        Assert.Empty(_other.Requests);
        Assert.Contains(_registry.Requests, request => request.Path == "/token" && Encoding.UTF8.GetString(request.Body).Contains(Secret, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("http:///x")]
    [InlineData("file:///etc/passwd")]
    [InlineData("http://127.0.0.1:0/")]
    [InlineData("https://xn--a-\u00ff.\u00ad/t")]
    public void What_no_request_can_be_sent_to_is_no_url(string text) =>
        Assert.Null(OutsideUrl.TryRead(Uri.TryCreate(text, UriKind.RelativeOrAbsolute, out var uri) ? uri : null));

    [Theory]
    [InlineData("ada")]
    [InlineData(IdentityUser)]
    public async Task A_token_server_that_quotes_the_request_does_not_put_the_secret_into_the_message(string user)
    {
        Challenge($"http://{_registry.Host}/token", null);
        var challenge = _registry.Intercept;
        _registry.Intercept = request => request.Path == "/token"
            ? new FakeResponse(403, $"you sent {request.Authorization} {Secret} {Encoding.UTF8.GetString(request.Body)}")
            : challenge(request);

        var failure = await FailAsync(new(user, Secret));

        Assert.Contains("you sent", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, failure.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{Secret}")), failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_registry_that_quotes_the_request_does_not_put_the_token_into_the_message()
    {
        Challenge($"http://{_registry.Host}/token", new FakeResponse(200, """{"token":"good-token"}"""));
        var challenge = _registry.Intercept;
        _registry.Intercept = request => request.Authorization?.StartsWith("Bearer", StringComparison.Ordinal) == true
            ? new FakeResponse(403, $"you sent {request.Authorization}")
            : challenge(request);

        Assert.Contains("you sent Bearer ***", (await FailAsync(new("ada", Secret))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_follows_a_redirect_within_the_origin()
    {
        Challenge($"http://{_registry.Host}/token", new FakeResponse(307, "", "Location: /second"));
        var first = _registry.Intercept;
        _registry.Intercept = request => request.Path == "/second" ? new FakeResponse(200, """{"token":"good"}""") : first(request);

        await Images.PushAsync(_registry, new(IdentityUser, Secret));

        Assert.Single(_registry.Manifests);
    }

    [Fact]
    public async Task A_password_does_not_follow_the_token_servers_redirect()
    {
        _other.Intercept = _ => new FakeResponse(200, """{"token":"good"}""");
        Challenge($"http://{_registry.Host}/token", new FakeResponse(307, "", $"Location: http://{_other.Host}/token"));

        await Images.PushAsync(_registry, new("ada", Secret));

        Assert.NotEmpty(_other.Requests);
        Assert.All(_other.Requests, request => Assert.Null(request.Authorization));
    }

    [Fact]
    public async Task Credentials_do_not_follow_a_redirect_of_the_first_request_to_another_port()
    {
        _other.Intercept = request => request.Authorization is null ? new FakeResponse(401, "", "WWW-Authenticate: Basic realm=\"x\"") : null;
        _registry.Intercept = request => request.Path == "/v2/" ? new FakeResponse(307, "", $"Location: http://{_other.Host}/v2/") : null;

        await Images.PushAsync(_registry, new("ada", Secret));

        Assert.NotEmpty(_other.Requests);
        Assert.All(_other.Requests, request => Assert.Null(request.Authorization));
        Assert.All(_registry.Requests, request => Assert.Null(request.Authorization));
        Assert.Single(_registry.Manifests);
    }

    [Theory]
    [InlineData("http://r.io/", "https://r.io/v2/", "https://r.io/")]
    [InlineData("http://r.io:5000/", "https://r.io:5000/v2/", "https://r.io:5000/")]
    [InlineData("http://r.io:5000/", "https://r.io/v2/", "http://r.io:5000/")]
    [InlineData("http://r.io/", "https://r.io:8443/v2/", "http://r.io/")]
    [InlineData("http://r.io/", "https://s.io/v2/", "http://r.io/")]
    [InlineData("https://r.io/", "https://r.io:8443/v2/", "https://r.io/")]
    public void Only_encryption_at_the_same_host_is_taken_over(string asked, string responded, string expected) =>
        Assert.Equal(expected, RegistryEndpoint.BaseOf(new(asked), new(responded)).ToString());

    [Fact]
    public async Task A_token_server_elsewhere_gets_no_credentials_over_http()
    {
        Challenge("http://tokens.example/token", null);

        var failure = await FailAsync(new("ada", Secret));

        Assert.Equal("RegistryProtocolViolation", failure.ErrorId);
        Assert.Contains("over http at 'tokens.example'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_name_in_the_token_servers_address_is_ignored()
    {
        Challenge($"http://eve:word@{_registry.Host}/token", new FakeResponse(200, """{"token":"good"}"""));

        await Images.PushAsync(_registry, new("ada", Secret));

        var header = _registry.Requests.First(request => request.Path == "/token").Authorization;
        Assert.Equal("Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"ada:{Secret}")), header);
    }

    [Theory]
    [InlineData("a\\u0000b", "NUL")]
    [InlineData("a\\r\\nX-Evil: 1", "line break")]
    [InlineData("a\u20ac", "not ASCII")]
    public async Task A_token_that_cannot_be_sent_is_described_and_never_shown(string token, string problem)
    {
        Challenge($"http://{_registry.Host}/token", new FakeResponse(200, $$"""{"token":"{{Secret}}{{token}}"}"""));

        var failure = await FailAsync(new("ada", "word"));

        Assert.Equal("HeaderValueInvalid", failure.ErrorId);
        Assert.Contains("token server '127.0.0.1'", failure.Message, StringComparison.Ordinal);
        Assert.Contains(problem, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_server_that_is_down_is_named()
    {
        Challenge($"http://{_registry.Host}/token", FakeResponse.Reset);

        var failure = await FailAsync(new("ada", Secret));

        Assert.Equal("TokenServerUnreachable", failure.ErrorId);
        Assert.Contains($"http://{_registry.Host}", failure.Message, StringComparison.Ordinal);
    }

    private void Challenge(string realm, FakeResponse? token) => _registry.Intercept = request =>
        request.Path == "/token" ? token
        : request.Authorization?.StartsWith("Bearer good", StringComparison.Ordinal) == true ? null
        : new FakeResponse(401, "", $"WWW-Authenticate: Bearer realm=\"{realm}\",service=\"s\"");

    private Task<KubeCheckpointException> FailAsync(NetworkCredential credential) =>
        Assert.ThrowsAsync<KubeCheckpointException>(() => Images.PushAsync(_registry, credential));
}

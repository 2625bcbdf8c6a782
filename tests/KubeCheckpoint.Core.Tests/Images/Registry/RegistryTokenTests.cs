using System.Net;
using System.Text;

namespace KubeCheckpoint.Core.Tests.Images.Registry;

/// <summary>Token authentication (the distribution project's token and OAuth2 specifications).</summary>
public sealed class RegistryTokenTests : IDisposable
{
    private const string BasicOfAda = "Basic YWRhOmxvdmVsYWNl";

    private readonly FakeRegistry _registry = new();
    private readonly List<FakeRequest> _tokenRequests = [];
    private Func<int, string> _tokenAnswer = number => $$"""{"token":"t{{number}}","expires_in":300}""";
    private Func<FakeRequest, bool> _isAllowed = request => request.Authorization?.StartsWith("Bearer t", StringComparison.Ordinal) == true;

    public RegistryTokenTests() => _registry.Intercept = request =>
    {
        if (request.Path == "/token")
        {
            _tokenRequests.Add(request);
            return new FakeResponse(200, _tokenAnswer(_tokenRequests.Count));
        }
        return _isAllowed(request)
            ? null
            : new FakeResponse(401, "", $"WWW-Authenticate: Bearer realm=\"http://{_registry.Host}/token\",service=\"the registry\",scope=\"repository:a/b:pull\"");
    };

    public void Dispose() => _registry.Dispose();

    [Fact]
    public async Task A_token_is_fetched_once_with_the_credentials()
    {
        await PushAsync(new NetworkCredential("ada", "lovelace"));

        var request = Assert.Single(_tokenRequests);
        Assert.Equal(BasicOfAda, request.Authorization);
        Assert.Equal("/token?service=the%20registry&scope=repository%3Aa%2Fb%3Apull%2Cpush", request.Target);
        Assert.Single(_registry.Manifests);
    }

    [Fact]
    public async Task Without_credentials_the_token_is_anonymous()
    {
        _tokenAnswer = _ => """{"access_token":"t1"}""";

        await PushAsync(null);

        Assert.Null(Assert.Single(_tokenRequests).Authorization);
    }

    [Theory]
    [InlineData("\"300\"")]
    [InlineData("\"soon\"")]
    [InlineData("null")]
    [InlineData("-1")]
    [InlineData("3e9")]
    [InlineData("{}")]
    public async Task An_optional_field_never_makes_a_token_unusable(string lifetime)
    {
        _tokenAnswer = number => $$"""{"token":null,"access_token":"t{{number}}","expires_in":{{lifetime}},"issued_at":"not a date"}""";

        await PushAsync(new NetworkCredential("ada", "lovelace"));

        Assert.Single(_tokenRequests);
        Assert.Single(_registry.Manifests);
    }

    [Fact]
    public async Task An_identity_token_goes_by_oauth()
    {
        await PushAsync(new NetworkCredential("<token>", "refresh me"));

        var request = Assert.Single(_tokenRequests);
        Assert.Equal(("POST", null), (request.Method, request.Authorization));
        Assert.Contains("grant_type=refresh_token&refresh_token=refresh+me&client_id=KubeCheckpoint&service=the+registry", Encoding.UTF8.GetString(request.Body), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_runs_out_in_the_middle_is_renewed()
    {
        // Every token is good for two requests.
        var uses = new Dictionary<string, int>();
        _isAllowed = request => request.Authorization is { } bearer && bearer.StartsWith("Bearer t", StringComparison.Ordinal)
            && (uses[bearer] = uses.GetValueOrDefault(bearer) + 1) <= 2;

        var image = await PushAsync(new NetworkCredential("ada", "lovelace"));

        Assert.True(_tokenRequests.Count > 2);
        Assert.True(_registry.Blobs.ContainsKey(image.LayerDigest!));
    }

    [Fact]
    public async Task A_token_about_to_expire_is_not_used()
    {
        _tokenAnswer = number => $$"""{"token":"t{{number}}","expires_in":1}""";
        var delayed = _registry.Intercept;
        _registry.Intercept = request =>
        {
            if (request.Method == "POST")
                Thread.Sleep(1000);
            return delayed(request);
        };

        await PushAsync(null);

        Assert.True(_tokenRequests.Count > 1);
    }

    [Fact]
    public async Task A_token_that_is_refused_is_the_end()
    {
        _isAllowed = _ => false;

        var failure = await Assert.ThrowsAsync<KubeCheckpointException>(() => PushAsync(new NetworkCredential("ada", "lovelace")));

        Assert.Equal("RegistryUnauthorized", failure.ErrorId);
        Assert.DoesNotContain("lovelace", failure.ToString(), StringComparison.Ordinal);
        Assert.InRange(_tokenRequests.Count, 1, 4);
    }

    [Theory]
    [InlineData(401, "no", "RegistryUnauthorized")]
    [InlineData(404, "no", "RegistryRefused")]
    [InlineData(200, "no json", "RegistryProtocolViolation")]
    [InlineData(200, "{}", "RegistryProtocolViolation")]
    [InlineData(200, """{"token":"a\r\nb"}""", "HeaderValueInvalid")]
    public async Task A_token_server_may_fail(int status, string body, string errorId)
    {
        var registry = _registry.Intercept;
        _registry.Intercept = request => request.Path == "/token" ? new FakeResponse(status, body) : registry(request);

        var failure = await Assert.ThrowsAsync<KubeCheckpointException>(() => PushAsync(null));

        Assert.Equal(errorId, failure.ErrorId);
    }

    private Task<RestoreImage> PushAsync(NetworkCredential? credential) => Images.PushAsync(_registry, credential);
}

using System.Net;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Core.Tests.Images.Registry;

/// <summary>Where a registry may lead a push, and what it must not learn there.</summary>
public sealed class RegistryRedirectTests : IDisposable
{
    private readonly FakeRegistry _registry = new();

    public void Dispose() => _registry.Dispose();

    [Fact]
    public async Task A_redirect_to_another_host_carries_no_authorization()
    {
        using var other = new FakeRegistry();
        _registry.Intercept = request => request switch
        {
            { Authorization: null } => new FakeResponse(401, "", "WWW-Authenticate: Basic realm=\"x\""),
            { Method: "PUT" } when request.Path.Contains("/uploads/", StringComparison.Ordinal) => new FakeResponse(307, "", $"Location: http://{other.Host}{request.Target}"),
            _ => null,
        };

        var image = await Images.PushAsync(_registry, new NetworkCredential("ada", "lovelace"));

        Assert.True(other.Blobs.ContainsKey(image.LayerDigest!));
        Assert.All(other.Requests, request => Assert.Null(request.Authorization));
        Assert.Single(_registry.Manifests);
    }

    [Fact]
    public async Task A_location_on_another_host_gets_no_authorization()
    {
        using var other = new FakeRegistry();
        _registry.Intercept = request => request switch
        {
            { Authorization: null } => new FakeResponse(401, "", "WWW-Authenticate: Basic realm=\"x\""),
            { Method: "POST" } => new FakeResponse(202, "", $"Location: http://{other.Host}{request.Path}9"),
            _ => null,
        };

        var image = await Images.PushAsync(_registry, new NetworkCredential("ada", "lovelace"));

        Assert.True(other.Blobs.ContainsKey(image.LayerDigest!));
        Assert.All(other.Requests, request => Assert.Null(request.Authorization));
    }

    [Fact]
    public async Task Redirects_in_a_circle_end()
    {
        _registry.Intercept = request => new FakeResponse(307, "", $"Location: {request.Target}");

        Assert.Equal("RegistryProtocolViolation", (await Assert.ThrowsAsync<KubeCheckpointException>(() => Images.PushAsync(_registry))).ErrorId);
    }

    [Theory]
    [InlineData("https://r.io/v2/", "/x?a=b", "https://r.io/x?a=b")]
    [InlineData("https://r.io:8443/v2/", "http://r.io/x", "https://r.io:8443/x")]
    [InlineData("https://r.io/v2/", "http://other.io/x", null)]
    [InlineData("http://r.io/v2/", "http://other.io/x", "http://other.io/x")]
    [InlineData("https://r.io/v2/", "file:///etc/passwd", null)]
    public void Locations_never_fall_to_http_on_another_host(string from, string location, string? expected)
    {
        using var transport = new RegistryTransport("r.io", new RegistryOptions());
        var resolve = () => transport.Resolve(new Uri(from), new Uri(location, UriKind.RelativeOrAbsolute));
        if (expected is null)
            Assert.Equal("RegistryProtocolViolation", Assert.Throws<KubeCheckpointException>(resolve).ErrorId);
        else
            Assert.Equal(expected, resolve().ToString());
    }
}

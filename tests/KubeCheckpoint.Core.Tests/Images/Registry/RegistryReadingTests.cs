using System.Net;
using KubeCheckpoint.Images;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Core.Tests.Images.Registry;

/// <summary>What goes wrong while blobs are read, on <see cref="FakeRegistry"/>: seen through a test of an image, which reads all of it.</summary>
public sealed class RegistryReadingTests : IDisposable
{
    private readonly FakeRegistry _registry = new();

    public void Dispose() => _registry.Dispose();

    [Fact]
    public async Task A_blob_that_is_cut_is_read_on_from_there()
    {
        var image = await Images.StreamAsync(_registry);
        var cuts = 0;
        _registry.Intercept = request => IsLayer(request, image) && cuts++ < 2 ? _registry.Answer(request) with { CutAfter = 50_000 } : null;

        var test = await TestAsync();

        Assert.True(test.IsWhole, string.Join('\n', test.Findings));
        Assert.Equal([null, "bytes=50000-", "bytes=100000-"], Ranges(image));
    }

    [Fact]
    public async Task A_registry_without_ranges_begins_at_the_front_and_is_skipped_over()
    {
        var image = await Images.StreamAsync(_registry);
        var cuts = 0;
        _registry.Intercept = request => IsLayer(request, image)
            ? new FakeResponse(200) { Bytes = _registry.Blobs[image.LayerDigest!], CutAfter = cuts++ == 0 ? 50_000 : null }
            : null;

        Assert.True((await TestAsync()).IsWhole);
        Assert.Equal(2, Ranges(image).Count);
    }

    [Fact]
    public async Task A_blob_that_is_always_cut_at_the_same_byte_is_given_up()
    {
        var image = await Images.StreamAsync(_registry);
        _registry.Intercept = request => IsLayer(request, image) ? _registry.Answer(request) with { CutAfter = 0 } : null;

        Assert.Equal("RegistryUnreachable", (await Assert.ThrowsAsync<KubeCheckpointException>(TestAsync)).ErrorId);
        Assert.Equal(3, Ranges(image).Count);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task What_may_pass_is_waited_for(int status)
    {
        var image = await Images.StreamAsync(_registry);
        var refused = new HashSet<string>();
        _registry.Intercept = request => request.Method == "GET" && refused.Add(request.Target) ? new FakeResponse(status, "", "Retry-After: 0") : null;

        Assert.True((await TestAsync()).IsWhole);
        Assert.Equal(2, Ranges(image).Count);
    }

    [Fact]
    public async Task A_token_is_for_pulling_only_and_renewed_when_it_runs_out()
    {
        await Images.StreamAsync(_registry);
        var tokens = new List<string>();
        var uses = new Dictionary<string, int>();
        _registry.Intercept = request =>
        {
            if (request.Path == "/token")
            {
                tokens.Add(request.Target);
                return new FakeResponse(200, $$"""{"token":"t{{tokens.Count}}"}""");
            }
            return request.Authorization is { } bearer && (uses[bearer] = uses.GetValueOrDefault(bearer) + 1) <= 1
                ? null
                : new FakeResponse(401, "", $"WWW-Authenticate: Bearer realm=\"http://{_registry.Host}/token\",service=\"s\"");
        };

        Assert.True((await TestAsync(new NetworkCredential("ada", "lovelace"))).IsWhole);
        Assert.True(tokens.Count > 1);
        Assert.All(tokens, target => Assert.Equal("/token?service=s&scope=repository%3Aa%2Fb%3Apull", target));
    }

    [Fact]
    public async Task Blobs_on_another_host_are_read_without_the_authorization()
    {
        using var other = new FakeRegistry();
        var image = await Images.StreamAsync(_registry);
        foreach (var (digest, blob) in _registry.Blobs)
            other.Blobs[digest] = blob;
        _registry.Intercept = request => request switch
        {
            { Authorization: null } => new FakeResponse(401, "", "WWW-Authenticate: Basic realm=\"x\""),
            _ when request.Path.Contains("/blobs/", StringComparison.Ordinal) => new FakeResponse(307, "", $"Location: http://{other.Host}{request.Target}"),
            _ => null,
        };
        var cuts = 0;
        other.Intercept = request => IsLayer(request, image) && cuts++ == 0 ? other.Answer(request) with { CutAfter = 50_000 } : null;

        Assert.True((await TestAsync(new NetworkCredential("ada", "lovelace"))).IsWhole);
        Assert.All(other.Requests, request => Assert.Null(request.Authorization));
        Assert.Contains(other.Requests, request => request.Headers.GetValueOrDefault("range") == "bytes=50000-");
    }

    [Fact]
    public async Task A_blob_of_another_size_or_with_other_bytes_is_a_finding()
    {
        var image = await Images.StreamAsync(_registry);
        _registry.Blobs[image.LayerDigest!] = [.. _registry.Blobs[image.LayerDigest!], 0];
        Assert.Contains((await TestAsync()).Findings, finding => finding is { Check: "DigestMismatch", Part: "layer 1" });

        _registry.Blobs[image.LayerDigest!] = _registry.Blobs[image.LayerDigest!][..^1];
        _registry.Blobs[image.LayerDigest!][5000] ^= 1;
        Assert.Contains((await TestAsync()).Findings, finding => finding is { Check: "DigestMismatch", Part: "layer 1" });

        _registry.Blobs.Remove(image.LayerDigest!);
        Assert.Contains((await TestAsync()).Findings, finding => finding is { Check: "ImageBlobMissing", Part: "layer 1" });
    }

    [Fact]
    public async Task Documents_with_any_byte_changed_are_refused_or_read_never_anything_else()
    {
        await Images.StreamAsync(_registry);
        var manifest = _registry.Manifests["1"];
        var random = new Random(1);
        for (var i = 0; i < 300; i++)
        {
            var changed = (byte[])manifest.Clone();
            for (var edit = 0; edit <= i % 3; edit++)
                changed[random.Next(changed.Length)] = (byte)random.Next(256);
            var config = _registry.Blobs.Values.Single(blob => blob.Length < 20_000).ToArray();
            config[random.Next(config.Length)] = (byte)random.Next(256);
            foreach (var parse in new Action[] { () => KubeCheckpoint.Images.Oci.OciDocument.Parse("x", changed, null), () => KubeCheckpoint.Images.Oci.OciConfig.Parse("x", config) })
            {
                var exception = Record.Exception(parse);
                Assert.True(exception is null or KubeCheckpointException { ErrorId: "ImageDocumentInvalid" }, exception?.ToString());
            }
        }
    }

    private static bool IsLayer(FakeRequest request, RestoreImage image) => request.Method == "GET" && request.Path.EndsWith(image.LayerDigest!, StringComparison.Ordinal);

    private List<string?> Ranges(RestoreImage image) => [.. _registry.Requests.Where(request => IsLayer(request, image)).Select(request => request.Headers.GetValueOrDefault("range"))];

    private Task<RestoreImageTest> TestAsync() => TestAsync(null);

    private async Task<RestoreImageTest> TestAsync(NetworkCredential? credential)
    {
        var options = new RegistryOptions { Credential = credential, Timings = new RegistryTimings { Attempts = 3, FirstDelay = TimeSpan.FromMilliseconds(5) } };
        await foreach (var test in RestoreImageChecker.CheckAsync(new RestoreImageQuery { Reference = $"{_registry.Host}/a/b:1", Registry = options }, false, null, (_, failure) => throw failure, CancellationToken.None))
            return test;
        throw new InvalidOperationException("No image.");
    }
}

using System.Net;
using System.Net.Sockets;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Images;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Core.Tests.Images.Registry;

/// <summary>What goes wrong between here and a registry, on <see cref="FakeRegistry"/>.</summary>
public sealed class RegistryFaultTests : IDisposable
{
    private const string Archive = "crio-multi-a.tar";

    private readonly FakeRegistry _registry = new();

    public void Dispose() => _registry.Dispose();

    [Fact]
    public async Task The_archive_arrives_byte_for_byte()
    {
        var image = await PushAsync();

        Assert.Equal(await File.ReadAllBytesAsync(Fixture.PathOf(Archive)), _registry.Blobs[image.LayerDigest!]);
        Assert.Equal(image.Digest, Images.Sha256(_registry.Manifests["1"]));
        Assert.Equal(2, _registry.Count("PUT", "?state=a%20b&digest=sha256%3A"));
    }

    [Fact]
    public async Task Resets_in_the_middle_are_tried_again()
    {
        var resets = 0;
        _registry.Intercept = request => request.Method == "PUT" && resets++ < 2 ? FakeResponse.Reset : null;

        var image = await PushAsync();

        Assert.True(_registry.Blobs.ContainsKey(image.LayerDigest!));
    }

    [Fact]
    public async Task An_upload_whose_answer_was_lost_is_not_sent_again()
    {
        var isLost = false;
        _registry.Intercept = request =>
        {
            if (request.Method != "PUT" || request.Body.Length < 100_000 || isLost)
                return null;
            isLost = true;
            _registry.Answer(request);
            return FakeResponse.Reset;
        };

        await PushAsync();

        Assert.True(isLost);
        Assert.Equal(1, _registry.Requests.Count(request => request.Method == "PUT" && request.Body.Length > 100_000));
    }

    [Fact]
    public async Task Endless_resets_end()
    {
        _registry.Intercept = request => request.Method == "PUT" ? FakeResponse.Reset : null;

        Assert.Equal("RegistryUnreachable", (await FailAsync()).ErrorId);
        // The first with all bytes; the others after the chunks, which arrived.
        Assert.Equal(1, _registry.Count("POST", "") - 1);
        Assert.Equal(4, _registry.Count("PUT", ""));
    }

    [Theory]
    [InlineData(429, "Retry-After: 0")]
    [InlineData(503, "Retry-After: Mon, 01 Jan 2024 00:00:00 GMT")]
    [InlineData(500, "X: y")]
    public async Task What_may_pass_is_waited_for(int status, string header)
    {
        var refused = new HashSet<string>();
        _registry.Intercept = request => refused.Add(request.Method) ? new FakeResponse(status, "", header) : null;

        await PushAsync();

        Assert.Single(_registry.Manifests);
    }

    [Fact]
    public async Task A_server_that_wants_an_hour_is_not_waited_for()
    {
        _registry.Intercept = request => request.Method == "POST" ? new FakeResponse(429, """{"errors":[{"code":"TOOMANYREQUESTS","message":"slow\u001b[31m down"}]}""", "Retry-After: 3600") : null;

        var failure = await FailAsync();

        Assert.Equal("RegistryRefused", failure.ErrorId);
        Assert.Contains("status 429. Its message: TOOMANYREQUESTS: slow [31m down", failure.Message, StringComparison.Ordinal);
        Assert.Equal(1, _registry.Count("POST", ""));
    }

    [Theory]
    [InlineData("PUT", 403, """{"errors":[{"code":"DENIED","message":"not yours"}]}""", "RegistryForbidden", "DENIED: not yours")]
    [InlineData("PUT", 413, "too large", "RegistryRefused", "status 413. Its message: too large")]
    [InlineData("PUT", 400, """{"errors":[{"code":"DIGEST_INVALID"}]}""", "DigestMismatch", "DIGEST_INVALID")]
    [InlineData("PUT", 202, "", "RegistryProtocolViolation", "status 202")]
    [InlineData("POST", 404, """{"errors":[{"code":"NAME_UNKNOWN"}]}""", "RegistryRefused", "NAME_UNKNOWN")]
    [InlineData("POST", 202, "", "RegistryProtocolViolation", "without a Location")]
    [InlineData("POST", 401, "", "RegistryUnauthorized", "no credentials were found")]
    [InlineData("GET", 404, "", "RegistryProtocolViolation", "GET /v2/ returns status 404")]
    [InlineData("GET", 500, "", "RegistryRefused", "status 500")]
    public async Task Refusals_are_told_apart(string method, int status, string body, string errorId, string words)
    {
        _registry.Intercept = request => request.Method == method ? new FakeResponse(status, body) : null;

        var failure = await FailAsync();

        Assert.Equal(errorId, failure.ErrorId);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
        Assert.Empty(_registry.Manifests);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(204)]
    public async Task Any_success_that_says_complete_counts(int status)
    {
        _registry.Intercept = request => request.Method == "PUT" ? _registry.Answer(request) with { Status = status } : null;

        var image = await PushAsync();

        Assert.True(_registry.Blobs.ContainsKey(image.LayerDigest!));
        Assert.Single(_registry.Manifests);
    }

    [Fact]
    public async Task Another_digest_in_the_answer_is_an_error()
    {
        _registry.Intercept = request => request.Method == "PUT" ? new FakeResponse(201, "", "Docker-Content-Digest: sha256:00") : null;

        Assert.Equal("DigestMismatch", (await FailAsync()).ErrorId);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task A_server_that_falls_silent_is_left(string method)
    {
        _registry.Intercept = request => request.Method == method ? new FakeResponse(0) { IsSilent = true } : null;

        Assert.Equal("RegistryStalled", (await FailAsync(TimeSpan.FromMilliseconds(200))).ErrorId);
    }

    [Fact]
    public async Task A_cut_answer_is_tried_again()
    {
        var cuts = 0;
        _registry.Intercept = request => request.Method == "POST" && cuts++ == 0 ? new FakeResponse(202, "half", "Location: /x") { IsCut = true } : null;

        await PushAsync();

        Assert.Single(_registry.Manifests);
    }

    [Fact]
    public async Task Cancelling_ends_a_push_that_hangs()
    {
        using var source = new CancellationTokenSource();
        _registry.Intercept = request =>
        {
            if (request.Method != "POST")
                return null;
            source.CancelAfter(50);
            return new FakeResponse(0) { IsSilent = true };
        };
        var push = PushAsync(cancellationToken: source.Token);

        Assert.Same(push, await Task.WhenAny(push, Task.Delay(TimeSpan.FromSeconds(30))));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => push);
    }

    [Fact]
    public async Task A_registry_that_is_down_is_said_to_be()
    {
        using var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        var port = ((IPEndPoint)closed.LocalEndpoint).Port;
        closed.Stop();

        var failure = await Assert.ThrowsAsync<KubeCheckpointException>(() => Images.PushAsync(Archive, $"127.0.0.1:{port}/a:1", new RegistryOptions()));
        Assert.Equal("RegistryUnreachable", failure.ErrorId);
    }

    [Fact]
    public async Task Http_beyond_loopback_wants_the_switch()
    {
        // 'vm', 'build-7': this machine under a name that is not localhost.
        var name = Dns.GetHostName();
        using var open = new FakeRegistry(IPAddress.Any);
        var reference = $"{name}:{open.Port}/a:1";

        var failure = await Assert.ThrowsAsync<KubeCheckpointException>(() => Images.PushAsync(Archive, reference, new RegistryOptions()));
        await Images.PushAsync(Archive, reference, new RegistryOptions { PlainHttp = true });

        Assert.Equal("RegistryIsHttpOnly", failure.ErrorId);
        Assert.Contains("-PlainHttp", failure.RecommendedAction, StringComparison.Ordinal);
        Assert.Single(open.Manifests);
    }

    [Fact]
    public async Task An_archive_that_changes_during_the_push_gets_no_manifest()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("a.tar", await File.ReadAllBytesAsync(Fixture.PathOf(Archive)));
        var archive = await KubeCheckpoint.Archives.Summaries.CheckpointArchiveReader.ReadAsync(path, CancellationToken.None);
        _registry.Intercept = request =>
        {
            if (request.Method == "POST")
                File.WriteAllBytes(path, new byte[new FileInfo(path).Length]);
            return null;
        };

        var failure = await Assert.ThrowsAsync<KubeCheckpointException>(() => RestoreImageFactory.CreateAsync(
            new RestoreImageRequest { Archive = archive, Reference = $"{_registry.Host}/a:1", Registry = new RegistryOptions() }, null, CancellationToken.None));

        Assert.Equal("ArchiveChangedWhileReading", failure.ErrorId);
        Assert.Empty(_registry.Manifests);
    }

    [Fact]
    public async Task An_archive_that_shrinks_during_the_push_is_named()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("a.tar", await File.ReadAllBytesAsync(Fixture.PathOf(Archive)));
        var archive = await KubeCheckpoint.Archives.Summaries.CheckpointArchiveReader.ReadAsync(path, CancellationToken.None);
        _registry.Intercept = request =>
        {
            if (request.Method == "POST")
                File.WriteAllBytes(path, new byte[1000]);
            return null;
        };

        var failure = await Assert.ThrowsAsync<KubeCheckpointException>(() => RestoreImageFactory.CreateAsync(
            new RestoreImageRequest { Archive = archive, Reference = $"{_registry.Host}/a:1", Registry = new RegistryOptions() }, null, CancellationToken.None));

        Assert.Equal("ArchiveChangedWhileReading", failure.ErrorId);
    }

    private Task<KubeCheckpointException> FailAsync(TimeSpan? stall = null) =>
        Assert.ThrowsAsync<KubeCheckpointException>(() => PushAsync(stall));

    private Task<RestoreImage> PushAsync(TimeSpan? stall = null, CancellationToken cancellationToken = default) =>
        Images.PushAsync(_registry, stall: stall, cancellationToken: cancellationToken);
}

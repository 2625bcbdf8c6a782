using System.Globalization;
using System.Net;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Images;
using KubeCheckpoint.Images.Registry;

namespace KubeCheckpoint.Core.Tests.Images.Registry;

/// <summary>Uploads in chunks while the archive is hashed, and what goes wrong with them, on <see cref="FakeRegistry"/>.</summary>
public sealed class RegistryStreamingTests : IDisposable
{
    private const int Chunk = 60_000;
    private static readonly byte[] Archive = File.ReadAllBytes(Fixture.PathOf("crio-multi-a.tar"));

    private readonly FakeRegistry _registry = new();

    public void Dispose() => _registry.Dispose();

    [Fact]
    public async Task The_bytes_go_up_in_chunks_and_the_digest_closes_them()
    {
        var image = await Images.StreamAsync(_registry);

        AssertArrived(image);
        Assert.Equal(Ranges(0, 60_000, 120_000, 180_000, 240_000), Patches());
        Assert.Empty(_registry.Uploads);
    }

    [Fact]
    public async Task A_reset_in_the_middle_of_a_chunk_is_taken_up_where_the_registry_stands()
    {
        var resets = 0;
        _registry.ResetInBody = request => request.Method == "PATCH" && From(request) == 60_000 && resets++ == 0 ? 30_000 : null;

        var image = await Images.StreamAsync(_registry);

        AssertArrived(image);
        Assert.Equal(Ranges(0, 60_000, 90_000, 150_000, 210_000, 270_000), Patches());
        Assert.Equal(2, _registry.Count("POST", "/uploads/"));
    }

    [Fact]
    public async Task A_registry_that_accepts_a_byte_of_each_chunk_is_left()
    {
        _registry.Intercept = request =>
        {
            if (request.Method != "PATCH")
                return null;
            var upload = _registry.Uploads[request.Path];
            upload.WriteByte(request.Body[0]);
            return new FakeResponse(202, "", $"Location: {request.Target}", $"Range: 0-{upload.Length - 1}");
        };

        var failure = await Assert.ThrowsAsync<KubeCheckpointException>(() => Images.StreamAsync(_registry));

        Assert.Equal("RegistryProtocolViolation", failure.ErrorId);
        Assert.InRange(_registry.Count("PATCH", ""), 2, 20);
    }

    [Fact]
    public void A_smallest_chunk_beyond_the_blob_is_the_blob()
    {
        var plan = new UploadPlan(new UploadSizes(), 1000, acceptsChunks: true);

        plan.Require(long.MaxValue);
        for (var accepted = 0; accepted < 20; accepted++)
            plan.Accept(1);

        Assert.InRange(plan.Chunk, 1000, new UploadSizes().Chunk);
    }

    [Fact]
    public async Task A_blob_of_another_size_is_not_there()
    {
        _registry.Intercept = request => request.Method == "HEAD" ? new FakeResponse(200) { Bytes = new byte[7] } : null;

        AssertArrived(await Images.StreamAsync(_registry));
    }

    [Fact]
    public async Task A_chunk_whose_answer_was_lost_is_not_sent_again()
    {
        var isLost = false;
        _registry.Intercept = request =>
        {
            if (request.Method != "PATCH" || isLost)
                return null;
            isLost = true;
            _registry.Answer(request);
            return FakeResponse.Reset;
        };

        AssertArrived(await Images.StreamAsync(_registry));
        Assert.Equal(Ranges(0, 60_000, 120_000, 180_000, 240_000), Patches());
    }

    [Fact]
    public async Task A_registry_that_stands_elsewhere_says_so_and_is_believed()
    {
        var isShort = false;
        _registry.Intercept = request =>
        {
            if (request.Method != "PATCH" || From(request) != 120_000 || isShort)
                return null;
            isShort = true;
            _registry.Uploads[request.Path].SetLength(90_000);
            return null;
        };

        AssertArrived(await Images.StreamAsync(_registry));
        Assert.Equal(Ranges(0, 60_000, 120_000, 90_000, 150_000, 210_000, 270_000), Patches());
        Assert.Equal(1, _registry.Count("GET", "/uploads/"));
    }

    [Fact]
    public async Task A_chunk_that_was_taken_in_part_goes_on_from_there()
    {
        var isShort = false;
        _registry.Intercept = request =>
        {
            if (request.Method != "PATCH" || isShort)
                return null;
            isShort = true;
            _registry.Answer(request);
            _registry.Uploads[request.Path].SetLength(40_000);
            _registry.Uploads[request.Path].Position = 40_000;
            return new FakeResponse(202, "", $"Location: {request.Target}", "Range: 0-39999");
        };

        AssertArrived(await Images.StreamAsync(_registry));
        Assert.Equal(["0-59999", "40000-99999", "100000-159999", "160000-219999", "220000-279999", "280000-290815"], Patches());
    }

    [Theory]
    [InlineData(60_000)]
    [InlineData(72_704)]
    [InlineData(100_000)]
    public async Task A_registry_that_counts_each_chunk_from_zero_is_asked_nothing_more(int chunk)
    {
        _registry.Intercept = CountPerChunk;

        AssertArrived(await Images.StreamAsync(_registry, sizes: new UploadSizes { Chunk = chunk, SmallestChunk = 10_000, HashFirst = 20_000 }));
        Assert.Equal(Ranges(chunk, [.. Enumerable.Range(0, (Archive.Length + chunk - 1) / chunk).Select(index => index * chunk)]), Patches());
        Assert.Equal(0, _registry.Count("GET", "/uploads/"));
    }

    [Theory]
    [InlineData(60_000, true)]
    [InlineData(60_000, false)]
    [InlineData(180_000, true)]
    [InlineData(180_000, false)]
    public async Task A_registry_that_counts_each_chunk_from_zero_gets_every_byte_once_after_a_reset(int at, bool arrives)
    {
        var isLost = false;
        _registry.Intercept = request =>
        {
            if (request.Method == "GET" && request.Target.Contains("/uploads/", StringComparison.Ordinal))
            {
                var last = Math.Min(Chunk, _registry.Uploads[request.Path].Length) - 1;
                return new FakeResponse(204, "", $"Location: {request.Target}", $"Range: 0-{last}");
            }

            if (request.Method != "PATCH" || From(request) != at || isLost)
                return CountPerChunk(request);
            isLost = true;
            if (arrives)
                _registry.Answer(request);
            return FakeResponse.Reset;
        };

        AssertArrived(await Images.StreamAsync(_registry));
        Assert.True(isLost);
    }

    [Fact]
    public async Task A_success_without_effect_is_no_refusal()
    {
        _registry.Intercept = request => request.Method == "PATCH" && From(request) == 120_000
            ? new FakeResponse(202, "", $"Location: {request.Target}", "Range: 0-119999")
            : null;

        var failure = await Assert.ThrowsAsync<KubeCheckpointException>(() => Images.StreamAsync(_registry));

        Assert.Equal("RegistryProtocolViolation", failure.ErrorId);
        Assert.Contains("it did not accept a blob, although it responded with status 202", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_upload_the_registry_has_forgotten_begins_anew()
    {
        var isForgotten = false;
        _registry.Intercept = request =>
        {
            if (request.Method != "PATCH" || From(request) != 180_000 || isForgotten)
                return null;
            isForgotten = true;
            _registry.Uploads.Remove(request.Path);
            return null;
        };

        AssertArrived(await Images.StreamAsync(_registry));
        Assert.Equal(Ranges(0, 60_000, 120_000, 180_000, 0, 60_000, 120_000, 180_000, 240_000), Patches());
    }

    [Theory]
    [InlineData(429, "Retry-After: 0")]
    [InlineData(503, "Retry-After: 0")]
    [InlineData(500, "X: y")]
    public async Task What_may_pass_is_waited_for_between_chunks(int status, string header)
    {
        var refused = new HashSet<string>();
        _registry.Intercept = request => request.Method is "PATCH" or "PUT" && refused.Add(request.Method + request.Headers.GetValueOrDefault("content-range"))
            ? new FakeResponse(status, "", header)
            : null;

        AssertArrived(await Images.StreamAsync(_registry));
    }

    [Fact]
    public async Task Endless_resets_end_and_leave_no_upload()
    {
        _registry.Intercept = request => request.Method == "PATCH" && From(request) == 60_000 ? FakeResponse.Reset : null;

        var failure = await Assert.ThrowsAsync<KubeCheckpointException>(() => Images.StreamAsync(_registry));

        Assert.Equal("RegistryUnreachable", failure.ErrorId);
        Assert.Contains("60000 of 290816 bytes arrived", failure.Message, StringComparison.Ordinal);
        Assert.Equal(["0-59999", "60000-119999", "60000-74999", "60000-69999", "60000-69999", "60000-69999"], Patches());
        Assert.Empty(_registry.Uploads);
    }

    [Fact]
    public async Task Breaks_with_progress_are_not_counted()
    {
        _registry.ResetInBody = request => request.Method == "PATCH" && LengthOf(request) > 12_000 ? 12_000 : null;

        AssertArrived(await Images.StreamAsync(_registry));
        Assert.Equal(25, Patches().Count);
    }

    [Fact]
    public async Task Breaks_with_a_byte_of_progress_end_the_upload()
    {
        _registry.ResetInBody = request => request.Method == "PATCH" ? 1 : null;

        var failure = await Assert.ThrowsAsync<KubeCheckpointException>(() => Images.StreamAsync(_registry));

        Assert.Equal("RegistryUnreachable", failure.ErrorId);
        Assert.Contains(" of 290816 bytes arrived", failure.Message, StringComparison.Ordinal);
        Assert.InRange(Patches().Count, 3, 9);
    }

    [Fact]
    public async Task A_registry_that_keeps_only_whole_chunks_gets_smaller_ones_and_then_larger_ones()
    {
        var breaks = 0;
        _registry.KeepsPartOfBody = false;
        _registry.ResetInBody = request => request.Method == "PATCH" && breaks++ < 1 ? 11_000 : null;

        AssertArrived(await Images.StreamAsync(_registry));
        Assert.Equal(Ranges(60_000, [0]).Concat(Ranges(15_000, [.. Enumerable.Range(0, 8).Select(index => index * 15_000)])), Patches().Take(9));
        Assert.Equal("120000-149999", Patches()[9]);
        Assert.All(Heads("PATCH").Skip(1), request => Assert.Equal("close", request.Headers["connection"]));
    }

    [Fact]
    public async Task A_registry_that_loses_an_upload_with_the_connection_gets_the_blob_in_smaller_chunks_on_connections_of_their_own()
    {
        _registry.ResetInBody = request => request.Method == "PATCH" && LengthOf(request) > 10_000 && From(request) > 100_000 ? 5_000 : null;
        _registry.Intercept = request =>
        {
            if (request.Method == "GET" && request.Target.Contains("/uploads/", StringComparison.Ordinal))
                _registry.Uploads.Remove(request.Path);
            return null;
        };

        AssertArrived(await Images.StreamAsync(_registry));
        Assert.Equal(Ranges(0, 60_000, 120_000).Concat(Ranges(10_000, [.. Enumerable.Range(0, 30).Select(index => index * 10_000)])), Patches());
        Assert.All(Heads("PATCH").Skip(3), request => Assert.Equal("close", request.Headers["connection"]));
    }

    [Fact]
    public async Task A_registry_that_refuses_small_chunks_without_announcing_it_gets_those_that_it_accepts()
    {
        var isReset = false;
        _registry.ResetInBody = request =>
        {
            if (request.Method != "PATCH" || From(request) != 60_000 || isReset)
                return null;
            isReset = true;
            return 0;
        };
        _registry.Intercept = request => request.Method == "PATCH" && LengthOf(request) < 50_000 && From(request) + LengthOf(request) < Archive.Length
            ? new FakeResponse(400, "part too small")
            : null;

        AssertArrived(await Images.StreamAsync(_registry));
        Assert.Equal(["0-59999", "60000-119999", "60000-74999", "60000-89999", "60000-119999"], Patches().Take(5));
    }

    [Fact]
    public async Task Uploads_that_are_unknown_from_one_request_to_the_next_end_in_one_request()
    {
        _registry.Intercept = request => request.Method == "PATCH" && From(request) > 0
            ? new FakeResponse(404, """{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN"}]}""")
            : null;

        AssertArrived(await Images.StreamAsync(_registry));
        Assert.Equal(["0-59999", "60000-119999", "0-59999", "60000-119999"], Patches());
    }

    [Fact]
    public async Task A_stall_after_progress_is_a_break()
    {
        var isSilent = false;
        _registry.Intercept = request =>
        {
            if (request.Method != "PATCH" || From(request) != 60_000 || isSilent)
                return null;
            isSilent = true;
            return new FakeResponse(0) { IsSilent = true };
        };

        AssertArrived(await Images.StreamAsync(_registry, stall: TimeSpan.FromSeconds(1)));
        Assert.True(isSilent);
    }

    [Fact]
    public async Task An_offset_that_was_wrong_makes_the_upload_begin_anew()
    {
        var isWrong = false;
        _registry.Intercept = request =>
        {
            if (request.Method != "PATCH" || From(request) != 120_000 || isWrong)
                return null;
            isWrong = true;
            // The bytes of the request before are still written when the registry is asked.
            _registry.Uploads[request.Path].Write(request.Body, 0, 30_000);
            _registry.Uploads[request.Path].GetBuffer()[130_000] ^= 1;
            return FakeResponse.Reset;
        };

        AssertArrived(await Images.StreamAsync(_registry));
        // The layer twice, the config once.
        Assert.Equal(3, _registry.Count("PUT", "digest="));
    }

    [Theory]
    [InlineData(404, 0)]
    [InlineData(405, 0)]
    [InlineData(501, 0)]
    [InlineData(400, 60_000)]
    [InlineData(415, 0)]
    public async Task A_registry_without_chunks_gets_all_in_one_request_and_is_remembered(int status, long at)
    {
        _registry.Intercept = request => request.Method == "PATCH" && From(request) == at ? new FakeResponse(status) : null;

        AssertArrived(await Images.StreamAsync(_registry));
        var patches = Patches().Count;
        _registry.Blobs.Clear();
        AssertArrived(await Images.StreamAsync(_registry));

        Assert.Equal(patches, Patches().Count);
        Assert.Empty(_registry.Uploads);
    }

    [Fact]
    public async Task A_proxy_that_finds_chunks_too_large_gets_smaller_ones()
    {
        _registry.Intercept = request => request.Method == "PATCH" && request.Body.Length > 30_000 ? new FakeResponse(413, "too large") : null;

        AssertArrived(await Images.StreamAsync(_registry));
        Assert.Equal(["0-59999", "0-14999", "15000-29999"], Patches().Take(3));
    }

    [Fact]
    public async Task A_proxy_that_takes_nothing_is_named()
    {
        _registry.Intercept = request => request.Method == "PATCH" ? new FakeResponse(413, "too large") : null;

        var failure = await Assert.ThrowsAsync<KubeCheckpointException>(() => Images.StreamAsync(_registry));

        Assert.Equal("RegistryRefused", failure.ErrorId);
        Assert.Contains("status 413", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_least_size_of_chunks_is_obeyed()
    {
        _registry.Intercept = request => request.Method == "POST" && _registry.Answer(request) is var answer
            ? answer with { Headers = [.. answer.Headers, "OCI-Chunk-Min-Length: 200001"] }
            : null;

        AssertArrived(await Images.StreamAsync(_registry));
        Assert.Equal(Ranges(200_001, [0, 200_001]), Patches());
    }

    [Fact]
    public async Task A_token_that_runs_out_between_chunks_is_renewed()
    {
        var tokens = 0;
        var uses = new Dictionary<string, int>();
        _registry.Intercept = request =>
        {
            if (request.Path == "/token")
                return new FakeResponse(200, $$"""{"token":"t{{++tokens}}"}""");
            return request.Authorization is { } bearer && (uses[bearer] = uses.GetValueOrDefault(bearer) + 1) <= 2
                ? null
                : new FakeResponse(401, "", $"WWW-Authenticate: Bearer realm=\"http://{_registry.Host}/token\",service=\"s\"");
        };

        AssertArrived(await Images.StreamAsync(_registry, new NetworkCredential("ada", "lovelace")));
        Assert.True(tokens > 3);
    }

    [Fact]
    public async Task Chunks_redirected_to_another_host_carry_no_authorization()
    {
        using var other = new FakeRegistry();
        other.Uploads["/elsewhere/uploads/1"] = new MemoryStream();
        _registry.Intercept = request => request switch
        {
            { Authorization: null } => new FakeResponse(401, "", "WWW-Authenticate: Basic realm=\"x\""),
            { Method: "PATCH" or "PUT" } when request.Path.Contains("/uploads/", StringComparison.Ordinal) && (request.Method == "PATCH" || request.Body.Length == 0) =>
                new FakeResponse(307, "", $"Location: http://{other.Host}/elsewhere/uploads/1{(request.Method == "PUT" ? "?digest=" + request.Target.Split("digest=")[1] : "")}"),
            _ => null,
        };

        var image = await Images.StreamAsync(_registry, new NetworkCredential("ada", "lovelace"));

        Assert.Equal(Archive, other.Blobs[image.LayerDigest!]);
        Assert.All(other.Requests, request => Assert.Null(request.Authorization));
    }

    [Fact]
    public async Task A_challenge_of_another_host_gets_no_credentials()
    {
        using var other = new FakeRegistry();
        other.Intercept = request => new FakeResponse(401, "", $"WWW-Authenticate: Bearer realm=\"http://{other.Host}/token\",service=\"s\"");
        _registry.Intercept = request => request switch
        {
            { Authorization: null } => new FakeResponse(401, "", "WWW-Authenticate: Basic realm=\"x\""),
            { Method: "POST" } => new FakeResponse(202, "", $"Location: http://{other.Host}/uploads/1"),
            _ => null,
        };

        var failure = await Assert.ThrowsAsync<KubeCheckpointException>(() => Images.StreamAsync(_registry, new NetworkCredential("ada", "lovelace")));

        Assert.Equal("RegistryUnauthorized", failure.ErrorId);
        Assert.All(other.Requests, request => Assert.Null(request.Authorization));
        Assert.Equal(0, other.Count("GET", "/token"));
    }

    [Fact]
    public async Task A_wrong_digest_at_the_end_is_an_error()
    {
        _registry.Intercept = request =>
        {
            if (request.Method == "PATCH" && From(request) == 60_000)
                request.Body[5] ^= 1;
            return null;
        };

        var failure = await Assert.ThrowsAsync<KubeCheckpointException>(() => Images.StreamAsync(_registry));

        Assert.Equal("DigestMismatch", failure.ErrorId);
        Assert.Empty(_registry.Manifests);
    }

    [Fact]
    public async Task The_end_of_an_upload_whose_answer_was_lost_is_asked_for()
    {
        var isLost = false;
        _registry.Intercept = request =>
        {
            if (request.Method != "PUT" || isLost)
                return null;
            isLost = true;
            _registry.Answer(request);
            return FakeResponse.Reset;
        };

        AssertArrived(await Images.StreamAsync(_registry));
        Assert.Equal(5, Patches().Count);
    }

    [Fact]
    public async Task A_cut_answer_to_a_chunk_is_gone_on_from()
    {
        var isCut = false;
        _registry.Intercept = request =>
        {
            if (request.Method != "PATCH" || isCut)
                return null;
            isCut = true;
            return _registry.Answer(request) with { Body = "half", IsCut = true };
        };

        AssertArrived(await Images.StreamAsync(_registry));
        Assert.Equal(5, Patches().Count);
    }

    [Fact]
    public async Task A_second_push_of_the_same_file_asks_before_it_reads()
    {
        using var folder = new TemporaryFolder();
        var request = await RequestAsync(folder);

        await Images.StreamAsync(_registry, request: request);
        var patches = Patches().Count;
        _registry.Manifests.Clear();
        await Images.StreamAsync(_registry, request: request);

        Assert.Equal(patches, Patches().Count);
        Assert.Equal(2, _registry.Count("POST", "/uploads/"));
    }

    [Fact]
    public async Task A_remembered_file_with_other_bytes_is_an_error()
    {
        using var folder = new TemporaryFolder();
        var request = await RequestAsync(folder);
        await Images.StreamAsync(_registry, request: request);
        _registry.Blobs.Clear();
        _registry.Manifests.Clear();
        // The same length, the same time: only its bytes tell.
        var time = File.GetLastWriteTimeUtc(request.Archive.Path);
        var bytes = (byte[])Archive.Clone();
        bytes[Array.FindLastIndex(bytes, value => value != 0)] ^= 1;
        await File.WriteAllBytesAsync(request.Archive.Path, bytes);
        File.SetLastWriteTimeUtc(request.Archive.Path, time);

        var failure = await Assert.ThrowsAsync<KubeCheckpointException>(() => Images.StreamAsync(_registry, request: request));

        Assert.Equal("ArchiveChangedWhileReading", failure.ErrorId);
        Assert.Empty(_registry.Manifests);
        Assert.Empty(_registry.Blobs);
    }

    [Fact]
    public async Task An_archive_that_changes_while_it_streams_gets_no_manifest()
    {
        using var folder = new TemporaryFolder();
        var request = await RequestAsync(folder);
        _registry.Intercept = sent =>
        {
            if (sent.Method == "PATCH" && From(sent) == 0)
                File.WriteAllBytes(request.Archive.Path, new byte[Archive.Length]);
            return null;
        };

        var failure = await Assert.ThrowsAsync<KubeCheckpointException>(() => Images.StreamAsync(_registry, request: request));

        Assert.Equal("ArchiveChangedWhileReading", failure.ErrorId);
        Assert.Empty(_registry.Manifests);
    }

    [Fact]
    public async Task A_tag_with_a_layer_of_the_same_size_makes_it_hash_first()
    {
        await Images.StreamAsync(_registry);
        var patches = Patches().Count;

        await Images.StreamAsync(_registry);

        Assert.Equal(patches, Patches().Count);
    }

    [Fact]
    public async Task An_upload_is_given_up_when_the_hash_shows_that_the_blob_is_there()
    {
        _registry.Blobs[Images.Sha256(Archive)] = Archive;
        // The first chunk gets no answer; the hash ends meanwhile.
        _registry.Intercept = request => request.Method == "PATCH" ? new FakeResponse(0) { IsSilent = true } : null;

        await Images.StreamAsync(_registry);

        Assert.Single(Patches());
        Assert.Equal(1, _registry.Count("DELETE", "/uploads/"));
        Assert.Single(_registry.Manifests);
    }

    [Fact]
    public async Task Another_repository_that_is_known_to_have_the_layer_is_mounted_from()
    {
        using var folder = new TemporaryFolder();
        var request = await RequestAsync(folder);
        var image = await Images.StreamAsync(_registry, request: request);
        var patches = Patches().Count;
        _registry.Intercept = sent => sent switch
        {
            { Method: "HEAD" } => new FakeResponse(404),
            { Method: "POST" } when sent.Target == $"/v2/other/blobs/uploads/?mount={Uri.EscapeDataString(image.LayerDigest!)}&from=a%2Fb" =>
                new FakeResponse(201, "", $"Docker-Content-Digest: {image.LayerDigest!}"),
            _ => null,
        };

        await RestoreImageFactory.CreateAsync(
            new RestoreImageRequest { Archive = request.Archive, Reference = $"{_registry.Host}/other:1", Registry = new RegistryOptions() }, null, CancellationToken.None);

        Assert.Equal(patches, Patches().Count);
        Assert.Equal(2, _registry.Count("POST", "?mount="));
    }

    [Fact]
    public async Task A_mount_that_the_registry_turns_into_an_upload_is_gone_on_with()
    {
        using var folder = new TemporaryFolder();
        var request = await RequestAsync(folder) with { MountFrom = "elsewhere" };

        var image = await Images.StreamAsync(_registry, request: request);

        AssertArrived(image);
        Assert.Equal(2, _registry.Count("POST", ""));
        Assert.Equal(2, _registry.Count("POST", "&from=elsewhere"));
    }

    [Fact]
    public async Task A_mount_asks_for_pull_of_the_source_and_does_without_where_it_is_refused()
    {
        using var folder = new TemporaryFolder();
        var request = await RequestAsync(folder) with { MountFrom = "elsewhere" };
        _registry.Intercept = sent => sent switch
        {
            { Path: "/token" } when sent.Target.Contains("elsewhere", StringComparison.Ordinal) => new FakeResponse(403),
            { Path: "/token" } => new FakeResponse(200, """{"token":"t"}"""),
            { Authorization: null } => new FakeResponse(401, "", $"WWW-Authenticate: Bearer realm=\"http://{_registry.Host}/token\",service=\"s\""),
            _ => null,
        };

        AssertArrived(await Images.StreamAsync(_registry, request: request));

        Assert.Contains(_registry.Requests, sent => sent.Target == "/token?service=s&scope=repository%3Aa%2Fb%3Apull%2Cpush&scope=repository%3Aelsewhere%3Apull");
        Assert.Equal(0, _registry.Count("POST", "?mount="));
    }

    [Fact]
    public async Task Cancelling_ends_the_upload_and_the_hash()
    {
        using var source = new CancellationTokenSource();
        _registry.Intercept = request =>
        {
            if (request.Method != "PATCH")
                return null;
            source.CancelAfter(20);
            return new FakeResponse(0) { IsSilent = true };
        };
        var push = Images.StreamAsync(_registry, cancellationToken: source.Token);

        Assert.Same(push, await Task.WhenAny(push, Task.Delay(TimeSpan.FromSeconds(30))));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => push);
        Assert.Equal(1, _registry.Count("DELETE", "/uploads/"));
    }

    private static async Task<RestoreImageRequest> RequestAsync(TemporaryFolder folder) => new()
    {
        Archive = await KubeCheckpoint.Archives.Summaries.CheckpointArchiveReader.ReadAsync(folder.Write("a.tar", Archive), CancellationToken.None),
        Registry = new RegistryOptions(),
    };

    private static long From(FakeRequest request) => long.Parse(request.Headers["content-range"].Split('-')[0], CultureInfo.InvariantCulture);

    // Like Alibaba Cloud's registry, which also accepts a chunk whose Content-Range is not where the upload ends.
    private FakeResponse? CountPerChunk(FakeRequest request)
    {
        if (request.Method != "PATCH")
            return null;
        _registry.Uploads[request.Path].Write(request.Body);
        return new FakeResponse(202, "", $"Location: {request.Target}", $"Range: 0-{request.Body.Length - 1}");
    }

    private static int LengthOf(FakeRequest request) => int.Parse(request.Headers["content-length"], CultureInfo.InvariantCulture);

    private static IEnumerable<string> Ranges(params int[] starts) => Ranges(Chunk, starts);

    private static IEnumerable<string> Ranges(int chunk, int[] starts) => starts.Select(start => $"{start}-{Math.Min(start + chunk, Archive.Length) - 1}");

    private List<FakeRequest> Heads(string method) => [.. _registry.Requests.Where(request => request.Method == method)];

    private List<string> Patches() => [.. Heads("PATCH").Select(request => request.Headers["content-range"])];

    private void AssertArrived(RestoreImage image)
    {
        Assert.Equal(Archive, _registry.Blobs[image.LayerDigest!]);
        Assert.Equal(image.Digest, Images.Sha256(_registry.Manifests["1"]));
    }
}

using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Cluster;

namespace KubeCheckpoint.Sandbox.Tests;

public sealed class RegistryTests : IAsyncLifetime, IDisposable
{
    private static readonly byte[] Blob = [.. Enumerable.Range(0, 100_000).Select(number => (byte)number)];
    private static readonly string Digest = ImagePusher.Digest(Blob);

    private SandboxCluster _cluster = null!;
    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        _cluster = await StartAsync(new SandboxRegistryOptions());
        _client = new HttpClient { BaseAddress = new Uri($"http://{_cluster.RegistryAddress}") };
    }

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task Blobs_are_uploaded_in_one_request_and_downloaded_in_ranges()
    {
        using var missing = await _client.SendAsync(new HttpRequestMessage(HttpMethod.Head, $"/v2/a/blobs/{Digest}"));
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        await ImagePusher.BlobAsync(_client, "a", Blob);
        using var head = await _client.SendAsync(new HttpRequestMessage(HttpMethod.Head, $"/v2/a/blobs/{Digest}"));
        Assert.Equal(Blob.Length, head.Content.Headers.ContentLength);
        Assert.Equal(Digest, Assert.Single(head.Headers.GetValues("Docker-Content-Digest")));
        Assert.Equal(Blob, await _client.GetByteArrayAsync(new Uri($"/v2/a/blobs/{Digest}", UriKind.Relative)));

        using var ranged = new HttpRequestMessage(HttpMethod.Get, $"/v2/a/blobs/{Digest}");
        ranged.Headers.Range = new RangeHeaderValue(10, 19);
        using var part = await _client.SendAsync(ranged);
        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal(Blob[10..20], await part.Content.ReadAsByteArrayAsync());

        using var elsewhere = await _client.GetAsync(new Uri($"/v2/b/blobs/{Digest}", UriKind.Relative));
        Assert.Equal(HttpStatusCode.NotFound, elsewhere.StatusCode);
        using var mounted = await _client.PostAsync(new Uri($"/v2/b/blobs/uploads/?mount={Digest}&from=a", UriKind.Relative), null);
        Assert.Equal(HttpStatusCode.Created, mounted.StatusCode);
        using var unmounted = await _client.PostAsync(new Uri($"/v2/c/blobs/uploads/?mount={ImagePusher.Digest([1])}&from=a", UriKind.Relative), null);
        Assert.Equal(HttpStatusCode.Accepted, unmounted.StatusCode);
    }

    [Fact]
    public async Task Chunks_must_be_contiguous()
    {
        using var begun = await _client.PostAsync(new Uri("/v2/a/blobs/uploads/", UriKind.Relative), null);
        (var status, var location, var range) = await PatchAsync(begun.Headers.Location!.ToString(), Blob[..50_000], 0);
        Assert.Equal((HttpStatusCode.Accepted, "0-49999"), (status, range));

        (status, location, range) = await PatchAsync(location, Blob[60_000..], 60_000);
        Assert.Equal((HttpStatusCode.RequestedRangeNotSatisfiable, "0-49999"), (status, range));
        using var asked = await _client.GetAsync(new Uri(location, UriKind.Relative));
        Assert.Equal(HttpStatusCode.NoContent, asked.StatusCode);
        Assert.Equal("0-49999", Assert.Single(asked.Headers.GetValues("Range")));

        (status, location, range) = await PatchAsync(asked.Headers.Location!.ToString(), Blob[50_000..], 50_000);
        Assert.Equal((HttpStatusCode.Accepted, "0-99999"), (status, range));
        using var put = await _client.PutAsync(new Uri($"{location}&digest={Digest}", UriKind.Relative), null);
        Assert.Equal(HttpStatusCode.Created, put.StatusCode);
        Assert.Equal(Blob, await _client.GetByteArrayAsync(new Uri($"/v2/a/blobs/{Digest}", UriKind.Relative)));
    }

    [Fact]
    public async Task An_upload_can_be_resumed_after_the_connection_was_cut()
    {
        using var begun = await _client.PostAsync(new Uri("/v2/a/blobs/uploads/", UriKind.Relative), null);
        var location = begun.Headers.Location!.ToString();
        _cluster.AddFault(new SandboxFault { Server = SandboxServer.Registry, Method = "PATCH", CutRequestAfterBytes = 12_345 });
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => PatchAsync(location, Blob, 0));
        using var asked = await _client.GetAsync(new Uri(location, UriKind.Relative));
        Assert.Equal("0-12344", Assert.Single(asked.Headers.GetValues("Range")));
    }

    [Fact]
    public async Task A_wrong_digest_is_refused()
    {
        using var begun = await _client.PostAsync(new Uri("/v2/a/blobs/uploads/", UriKind.Relative), null);
        using var put = await _client.PutAsync(
            new Uri($"{begun.Headers.Location}&digest={ImagePusher.Digest([1])}", UriKind.Relative), new ByteArrayContent(Blob));
        Assert.Equal(HttpStatusCode.BadRequest, put.StatusCode);
        Assert.Equal("DIGEST_INVALID", JsonNode.Parse(await put.Content.ReadAsStringAsync())!["errors"]![0]!["code"]!.GetValue<string>());
    }

    [Fact]
    public async Task Manifests_need_their_blobs()
    {
        using var content = new StringContent(
            $$"""{"schemaVersion":2,"config":{"digest":"{{Digest}}","size":1},"layers":[]}""", Encoding.UTF8, "application/vnd.oci.image.manifest.v1+json");
        using var put = await _client.PutAsync(new Uri("/v2/a/manifests/1", UriKind.Relative), content);
        Assert.Equal(HttpStatusCode.BadRequest, put.StatusCode);
        Assert.Equal("MANIFEST_BLOB_UNKNOWN", JsonNode.Parse(await put.Content.ReadAsStringAsync())!["errors"]![0]!["code"]!.GetValue<string>());
        using var none = await _client.GetAsync(new Uri("/v2/a/manifests/1", UriKind.Relative));
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
        Assert.Equal("MANIFEST_UNKNOWN", JsonNode.Parse(await none.Content.ReadAsStringAsync())!["errors"]![0]!["code"]!.GetValue<string>());

        await ImagePusher.PushAsync(_cluster, "path/to/app", "crio-counter.tar", [ImagePusher.CriO]);
        Assert.Equal("""{"name":"path/to/app","tags":["1"]}""", await _client.GetStringAsync(new Uri("/v2/path/to/app/tags/list", UriKind.Relative)));
        Assert.Equal("""{"repositories":["path/to/app"]}""", await _client.GetStringAsync(new Uri("/v2/_catalog", UriKind.Relative)));
    }

    [Fact]
    public async Task Tags_come_in_pages()
    {
        var image = await ImagePusher.PushAsync(_cluster, "paged", "crio-counter.tar", [ImagePusher.CriO]);
        var manifest = await _client.GetByteArrayAsync(new Uri("/v2/paged/manifests/1", UriKind.Relative));
        foreach (var tag in new[] { "2", "3" })
        {
            using var content = new ByteArrayContent(manifest);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/vnd.oci.image.manifest.v1+json");
            using var put = await _client.PutAsync(new Uri($"/v2/paged/manifests/{tag}", UriKind.Relative), content);
            Assert.Equal(HttpStatusCode.Created, put.StatusCode);
        }
        using var first = await _client.GetAsync(new Uri("/v2/paged/tags/list?n=2", UriKind.Relative));
        Assert.Equal("""{"name":"paged","tags":["1","2"]}""", await first.Content.ReadAsStringAsync());
        Assert.Equal("</v2/paged/tags/list?n=2&last=2>; rel=\"next\"", Assert.Single(first.Headers.GetValues("Link")));
        using var second = await _client.GetAsync(new Uri("/v2/paged/tags/list?n=2&last=2", UriKind.Relative));
        Assert.Equal("""{"name":"paged","tags":["3"]}""", await second.Content.ReadAsStringAsync());
        Assert.False(second.Headers.Contains("Link"));
        Assert.EndsWith("/paged:1", image, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_upload_can_be_cancelled()
    {
        using var begun = await _client.PostAsync(new Uri("/v2/a/blobs/uploads/", UriKind.Relative), null);
        using var deleted = await _client.DeleteAsync(begun.Headers.Location);
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        using var asked = await _client.GetAsync(begun.Headers.Location);
        Assert.Equal(HttpStatusCode.NotFound, asked.StatusCode);
    }

    [Fact]
    public async Task A_mount_requires_permission_to_pull_from_the_source()
    {
        await using var server = await StartAsync(new SandboxRegistryOptions { Authentication = RegistryAuthentication.Token });
        using var caller = new HttpClient { BaseAddress = new Uri($"http://{server.RegistryAddress}") };
        var mount = new Uri($"/v2/b/blobs/uploads/?mount={Digest}&from=a", UriKind.Relative);
        caller.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await TokenAsync("scope=repository:b:pull,push"));
        using var refused = await caller.PostAsync(mount, null);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Contains("scope=\"repository:b:pull,push repository:a:pull\"", refused.Headers.WwwAuthenticate.Single().ToString(), StringComparison.Ordinal);
        caller.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await TokenAsync("scope=repository:b:pull,push&scope=repository:a:pull"));
        using var taken = await caller.PostAsync(mount, null);
        Assert.Equal(HttpStatusCode.Accepted, taken.StatusCode);

        async Task<string> TokenAsync(string scopes)
        {
            caller.DefaultRequestHeaders.Authorization = Basic();
            return JsonNode.Parse(await caller.GetStringAsync(new Uri($"/token?service=x&{scopes}", UriKind.Relative)))!["token"]!.GetValue<string>();
        }
    }

    [Fact]
    public async Task Basic_asks_for_the_password()
    {
        await using var basic = await StartAsync(new SandboxRegistryOptions { Authentication = RegistryAuthentication.Basic });
        using var caller = new HttpClient { BaseAddress = new Uri($"http://{basic.RegistryAddress}") };
        using var refused = await caller.GetAsync(new Uri("/v2/", UriKind.Relative));
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal("Basic", refused.Headers.WwwAuthenticate.Single().Scheme);
        caller.DefaultRequestHeaders.Authorization = Basic();
        using var accepted = await caller.GetAsync(new Uri("/v2/", UriKind.Relative));
        Assert.Equal(HttpStatusCode.OK, accepted.StatusCode);
    }

    [Fact]
    public async Task Tokens_have_a_scope_and_expire()
    {
        await using var server = await StartAsync(new SandboxRegistryOptions { Authentication = RegistryAuthentication.Token, TokenLifetime = TimeSpan.FromSeconds(2) });
        using var caller = new HttpClient { BaseAddress = new Uri($"http://{server.RegistryAddress}") };
        using var refused = await caller.PostAsync(new Uri("/v2/a/blobs/uploads/", UriKind.Relative), null);
        var challenge = refused.Headers.WwwAuthenticate.Single().ToString();
        Assert.Equal(
            $"Bearer realm=\"http://{server.RegistryAddress}/token\",service=\"kubecheckpoint-sandbox-registry\",scope=\"repository:a:pull,push\"", challenge);
        using var noCredentials = await caller.GetAsync(new Uri("/token?scope=repository:a:pull", UriKind.Relative));
        Assert.Equal(HttpStatusCode.Unauthorized, noCredentials.StatusCode);

        caller.DefaultRequestHeaders.Authorization = Basic();
        var token = await TokenAsync("repository:a:pull");
        caller.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        Assert.Equal(HttpStatusCode.Unauthorized, await BeginAsync());
        caller.DefaultRequestHeaders.Authorization = Basic();
        token = await TokenAsync("repository:a:pull,push");
        caller.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        Assert.Equal(HttpStatusCode.Accepted, await BeginAsync());
        await Task.Delay(TimeSpan.FromSeconds(2.1));
        Assert.Equal(HttpStatusCode.Unauthorized, await BeginAsync());

        caller.DefaultRequestHeaders.Authorization = null;
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "refresh_token",
            ["refresh_token"] = "sandbox-identity-token",
            ["scope"] = "repository:a:pull,push",
            ["service"] = "x",
        });
        using var granted = await caller.PostAsync(new Uri("/token", UriKind.Relative), form);
        Assert.NotNull(JsonNode.Parse(await granted.Content.ReadAsStringAsync())!["access_token"]);

        async Task<string> TokenAsync(string scope) =>
            JsonNode.Parse(await caller.GetStringAsync(new Uri($"/token?service=x&scope={scope}", UriKind.Relative)))!["token"]!.GetValue<string>();

        async Task<HttpStatusCode> BeginAsync()
        {
            using var response = await caller.PostAsync(new Uri("/v2/a/blobs/uploads/", UriKind.Relative), null);
            return response.StatusCode;
        }
    }

    [Fact]
    public async Task Nodes_pull_with_their_own_token()
    {
        await using var server = await StartAsync(new SandboxRegistryOptions { AbsoluteLocations = true });
        var image = await ImagePusher.PushAsync(server, "a", "crio-counter.tar", [ImagePusher.CriO]);
        using var caller = Caller.WithToken(server, "admin");
        await caller.PostAsync("/api/v1/namespaces/default/pods", Manifests.Pod("pulled", image));
        await Eventually.TrueAsync(() => Manifests.IsReady(server, "pulled"), "pulled");
        Assert.Contains(server.Requests, request => request is { Server: SandboxServer.Registry, Method: "GET", Path: "/v2/a/manifests/1", User: "node" });
    }

    private static Task<SandboxCluster> StartAsync(SandboxRegistryOptions registry) =>
        SandboxCluster.StartAsync(new SandboxOptions { Nodes = [new("node2", SandboxRuntime.CriO)], DefaultPods = false, Registry = registry });

    private static AuthenticationHeaderValue Basic() => new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes("pusher:sandbox-password")));

    private async Task<(HttpStatusCode Status, string Location, string Range)> PatchAsync(string location, byte[] chunk, long from)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, location) { Content = new ByteArrayContent(chunk) };
        request.Content.Headers.TryAddWithoutValidation("Content-Range", $"{from}-{from + chunk.Length - 1}");
        using var response = await _client.SendAsync(request);
        return (response.StatusCode, response.Headers.Location!.ToString(), response.Headers.GetValues("Range").Single());
    }
}

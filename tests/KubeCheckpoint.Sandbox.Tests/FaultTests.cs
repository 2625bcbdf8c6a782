using System.Net;
using KubeCheckpoint.Sandbox.Cluster;

namespace KubeCheckpoint.Sandbox.Tests;

public sealed class FaultTests : IAsyncLifetime, IDisposable
{
    private SandboxCluster _cluster = null!;
    private Caller _admin = null!;

    public async Task InitializeAsync()
    {
        _cluster = await SandboxCluster.StartAsync();
        _admin = Caller.WithToken(_cluster, "admin");
    }

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    public void Dispose() => _admin.Dispose();

    [Fact]
    public async Task A_status_applies_as_often_as_set_after_the_skipped_requests()
    {
        _cluster.AddFault(new SandboxFault { PathContains = "/api/v1/nodes", Status = 503, Body = "later", RetryAfter = TimeSpan.FromSeconds(2), Skip = 1, Times = 2 });
        var statuses = new List<int>();
        for (var i = 0; i < 4; i++)
        {
            (var status, _, var answer) = await _admin.SendAsync(HttpMethod.Get, "/api/v1/nodes");
            statuses.Add(status);
            Assert.Equal(status == 503 ? "2" : null, answer.Headers.RetryAfter?.ToString());
        }
        Assert.Equal([200, 503, 503, 200], statuses);
        Assert.Equal(200, (await _admin.SendAsync(HttpMethod.Get, "/api/v1/pods")).Status);
    }

    [Fact]
    public async Task A_response_is_cut()
    {
        _cluster.AddFault(new SandboxFault { PathContains = "/pods", CutAfterBytes = 100 });
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => _admin.SendAsync(HttpMethod.Get, "/api/v1/namespaces/shop/pods"));
    }

    [Fact]
    public async Task A_fault_of_the_kubelet_is_seen_through_the_proxy()
    {
        _cluster.AddFault(new SandboxFault { Server = SandboxServer.Kubelet, When = request => request.Node == "node1" && request.User == "kube-apiserver-kubelet-client", Status = 500, Body = "own words" });
        (var status, var body, _) = await _admin.SendAsync(HttpMethod.Post, "/api/v1/nodes/node1/proxy/checkpoint/shop/web-1/app");
        Assert.Equal((500, "own words"), (status, body));
    }

    [Fact]
    public async Task The_registry_reports_a_wrong_digest()
    {
        var image = await ImagePusher.PushAsync(_cluster, "a", "crio-counter.tar", []);
        _cluster.AddFault(new SandboxFault { Server = SandboxServer.Registry, WrongDigest = true });
        using var client = new HttpClient();
        using var answer = await client.GetAsync(new Uri($"http://{image.Replace("/a:1", "/v2/a/manifests/1", StringComparison.Ordinal)}"));
        Assert.Equal("sha256:" + new string('0', 64), answer.Headers.GetValues("Docker-Content-Digest").Single());
    }

    [Fact]
    public async Task A_request_without_response_ends_with_the_sandbox_which_leaves_nothing_behind()
    {
        string config = _cluster.KubeConfigPath, folder = Path.GetDirectoryName(config)!;
        var port = _cluster.ApiServer.Port;
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(config));
        _cluster.AddFault(new SandboxFault { PathContains = "/api/v1/nodes", NeverResponds = true });
        Task waiting = _admin.SendAsync(HttpMethod.Get, "/api/v1/nodes");
        using var watch = await _admin.Client.GetStreamAsync("/api/v1/pods?watch=true");
        await _admin.PostAsync("/api/v1/namespaces/kube-checkpoint/pods", Manifests.Helper("helper"));
        await Eventually.TrueAsync(() => _cluster.Requests.Any(request => request is { Path: "/api/v1/nodes", User: "admin", Method: "GET", Server: SandboxServer.ApiServer }), "the request arrives");
        Assert.False(waiting.IsCompleted);

        await _cluster.DisposeAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => waiting);
        Assert.False(Directory.Exists(folder));
        using var probe = new System.Net.Sockets.TcpClient();
        await Assert.ThrowsAnyAsync<System.Net.Sockets.SocketException>(() => probe.ConnectAsync(IPAddress.Loopback, port));
        await _cluster.DisposeAsync();
    }
}

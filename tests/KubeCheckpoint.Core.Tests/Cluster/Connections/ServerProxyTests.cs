using System.Net;
using System.Text;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Cluster.Connections;

/// <summary>Connections to a sandbox through real proxies, which alone can resolve the name <c>api.example</c>.</summary>
public sealed class ServerProxyTests : SandboxTests, IDisposable
{
    private readonly TestAuthority _authority = new("proxy CA");
    private readonly TemporaryFolder _folder = new();

    public ServerProxyTests()
        : base(new(), "admin")
    {
    }

    [Theory]
    [InlineData("http", "CONNECT 127.0.0.1")]
    [InlineData("https", "CONNECT 127.0.0.1")]
    [InlineData("socks5", "SOCKS 127.0.0.1")]
    [InlineData("socks5h", "SOCKS 127.0.0.1")]
    public async Task Every_request_goes_through_the_proxy(string scheme, string request)
    {
        await using var proxy = new TestProxy(scheme == "https" ? _authority.Issue(["127.0.0.1"]) : null);
        using var client = ConnectThrough($"{scheme}://127.0.0.1:{proxy.Port}");
        Assert.Equal("web-1", (await client.GetPodAsync("shop", "web-1", default)).PodName);
        Assert.All(proxy.Requests, target => Assert.Equal($"{request}:{Sandbox.ApiServer.Port}", target));
        Assert.NotEmpty(proxy.Requests);
    }

    [Theory]
    [InlineData("http", "CONNECT")]
    [InlineData("socks5", "SOCKS")]
    [InlineData("socks5h", "SOCKS")]
    public async Task The_proxy_resolves_the_name_of_the_server(string scheme, string verb)
    {
        await using var proxy = new TestProxy();
        using var client = ConnectThrough($"{scheme}://127.0.0.1:{proxy.Port}", $"https://api.example:{Sandbox.ApiServer.Port}", "tls-server-name: localhost");
        await client.GetNodesAsync(default);
        Assert.Equal($"{verb} api.example:{Sandbox.ApiServer.Port}", Assert.Single(proxy.Requests));
    }

    [Fact]
    public async Task Commands_in_pods_and_watches_go_through_the_proxy_too()
    {
        await using var proxy = new TestProxy();
        using var client = ConnectThrough($"http://127.0.0.1:{proxy.Port}");
        using var watcher = new PodWatcher(client.Pods, client.Target, "shop", "web-1");
        Assert.NotNull(await watcher.NextAsync(default));
        var exec = new PodExec(client.Server.Connection, "shop", "web-1");
        var (_, output) = await exec.RunAsync("echo hello", TimeSpan.FromSeconds(30), default);
        Assert.Equal("hello", output.Trim());
        Assert.True(proxy.Requests.Count >= 2, string.Join(", ", proxy.Requests));
        Assert.DoesNotContain(proxy.Requests, target => !target.StartsWith("CONNECT ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("http")]
    [InlineData("socks5")]
    public async Task User_name_and_password_come_with_the_address(string scheme)
    {
        await using var proxy = new TestProxy(credential: new NetworkCredential("me", "p@ss"));
        using var right = ConnectThrough($"{scheme}://me:p%40ss@127.0.0.1:{proxy.Port}");
        await right.GetNodesAsync(default);
        foreach (var login in (string[])["me:n0tright@", ""])
        {
            using var wrong = ConnectThrough($"{scheme}://{login}127.0.0.1:{proxy.Port}");
            var failure = await Failing.WithAsync("ProxyUnauthorized", () => wrong.GetNodesAsync(default));
            Assert.Contains($"{scheme}://127.0.0.1:{proxy.Port}", failure.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("n0tright", failure.ToString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("http")]
    [InlineData("https")]
    [InlineData("socks5")]
    public async Task A_dead_proxy_is_named_and_the_server_is_not_tried_without_it(string scheme)
    {
        var before = Sandbox.Requests.Count;
        using var client = ConnectThrough($"{scheme}://127.0.0.1:9");
        var failure = await Failing.WithAsync("ProxyUnreachable", () => client.GetNodesAsync(default));
        Assert.Contains($"{scheme}://127.0.0.1:9", failure.Message, StringComparison.Ordinal);
        Assert.Equal(before, Sandbox.Requests.Count);
    }

    [Theory]
    [InlineData("HTTP/1.1 403 Forbidden\r\n\r\n", "ProxyRefused", "403 Forbidden")]
    [InlineData("HTTP/1.1 502 Bad Gateway\r\nX: y\r\n\r\n", "ProxyRefused", "502 Bad Gateway")]
    [InlineData("SSH-2.0-OpenSSH\r\n\r\n", "ProxyUnreachable", "is not HTTP")]
    [InlineData("HTTP/1.1 200", "ProxyUnreachable", "the connection ended")]
    public async Task A_proxy_that_opens_no_tunnel_is_named(string response, string errorId, string words)
    {
        await using var proxy = new TestProxy { Refusal = response };
        using var client = ConnectThrough($"http://127.0.0.1:{proxy.Port}");
        var failure = await Failing.WithAsync(errorId, () => client.GetNodesAsync(default));
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_certificate_of_a_proxy_is_checked()
    {
        await using var proxy = new TestProxy(_authority.Issue(["other.example"]));
        using var client = ConnectThrough($"https://127.0.0.1:{proxy.Port}");
        var failure = await Failing.WithAsync("ProxyUnreachable", () => client.GetNodesAsync(default));
        Assert.Contains("valid for other.example", failure.Message, StringComparison.Ordinal);
        Assert.Empty(proxy.Requests);
    }

    [Fact]
    public async Task The_server_behind_a_proxy_is_checked()
    {
        await using var proxy = new TestProxy();
        using var client = ConnectThrough($"http://127.0.0.1:{proxy.Port}", $"https://api.example:{Sandbox.ApiServer.Port}");
        await Failing.WithAsync("ClusterCertificateInvalid", () => client.GetNodesAsync(default));
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("me", "secret")]
    public async Task Requests_without_tls_are_relayed(string? user, string? password)
    {
        var credential = user is null ? null : new NetworkCredential(user, password);
        await using var proxy = new TestProxy(credential: credential);
        await using var server = new RecordingServer(certificate: null);
        var login = user is null ? "" : $"{user}:{password}@";
        using var client = Connect($"server: 'http://api.example:{server.Port}', proxy-url: 'http://{login}127.0.0.1:{proxy.Port}'", "token: t0");
        await client.GetNodesAsync(default);
        Assert.StartsWith($"GET http://api.example:{server.Port}/api/v1/nodes", Assert.Single(proxy.Requests), StringComparison.Ordinal);
        Assert.Single(server.Requests);
        if (credential is null)
            return;
        using var wrong = Connect($"server: 'http://api.example:{server.Port}', proxy-url: 'http://127.0.0.1:{proxy.Port}'", "token: t0");
        await Failing.WithAsync("ProxyUnauthorized", () => wrong.GetNodesAsync(default));
    }

    [Theory]
    [InlineData("token: t0", true)]
    [InlineData("username: me, password: secret", true)]
    [InlineData("exec: {command: ./none, apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never}", true)]
    [InlineData("", false)]
    public async Task Credentials_do_not_leave_this_machine_without_tls(string user, bool isWarned)
    {
        await using var proxy = new TestProxy();
        await using var server = new RecordingServer(certificate: null);
        using var client = Connect($"server: 'http://api.example:{server.Port}', proxy-url: 'http://127.0.0.1:{proxy.Port}'", user);
        await client.GetNodesAsync(default);
        Assert.DoesNotContain("Authorization", Assert.Single(server.Requests), StringComparison.OrdinalIgnoreCase);
        Assert.Equal(isWarned, client.Warning?.Contains("without TLS", StringComparison.Ordinal) ?? false);

        using var local = Connect($"server: 'http://127.0.0.1:{server.Port}'", "token: t0");
        await local.GetNodesAsync(default);
        Assert.Contains("t0", server.Requests.Last(), StringComparison.Ordinal);
        Assert.Null(local.Warning);
    }

    [Theory]
    [InlineData("ftp://proxy:1")]
    [InlineData("proxy:3128")]
    [InlineData("http://user:secret@")]
    public void What_is_no_proxy_is_reported_with_its_line(string address)
    {
        var failure = Assert.Throws<KubeCheckpointException>(() => ConnectThrough(address));
        Assert.Equal("KubeConfigInvalid", failure.ErrorId);
        Assert.Contains("line 6: 'proxy-url' of the cluster 'c' is not the address of a proxy", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failure.ToString(), StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    private ClusterClient ConnectThrough(string proxy, string? server = null, string setting = "")
    {
        var authorities = File.ReadAllText(Sandbox.CertificateAuthorityPath) + _authority.Pem;
        return Connect(
            $"server: '{server ?? Sandbox.ApiServer.ToString()}', proxy-url: '{proxy}', " +
            $"certificate-authority-data: {KubeConfigText.Base64(authorities)}, {setting}",
            $"token: {Sandbox.Tokens["admin"]}");
    }

    private ClusterClient Connect(string cluster, string user) =>
        ClusterClient.Connect(new(_folder.Write(Guid.NewGuid().ToString(), Encoding.UTF8.GetBytes(KubeConfigText.Of(cluster, user)))));
}

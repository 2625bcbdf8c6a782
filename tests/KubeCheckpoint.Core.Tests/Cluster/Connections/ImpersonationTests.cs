using System.Text;
using System.Text.Json;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Json;

namespace KubeCheckpoint.Core.Tests.Cluster.Connections;

/// <summary>Requests as another user, at a sandbox that checks the right to it as an API server does.</summary>
public sealed class ImpersonationTests : SandboxTests, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ImpersonationTests()
        : base(new(), "admin")
    {
    }

    [Fact]
    public async Task The_kubeconfig_names_the_user_with_its_groups_uid_and_attributes()
    {
        using var client = Connect(
            "as: jürgen, as-groups: [dev, 'a, b', dev:ops], as-uid: 7, as-user-extra: {scopes: [view, 'x,y'], Acme.com/Team: [core], 'a%b c': [z]}");
        using var review = await WhoAmIAsync(client);
        var user = review.RootElement.At("status", "userInfo");
        Assert.Equal("jürgen", user.Text("username"));
        Assert.Equal("7", user.Text("uid"));
        Assert.Equal(["dev", "a, b", "dev:ops", "system:authenticated"], Texts(user.At("groups")));
        var extra = user.At("extra");
        Assert.Equal(["view", "x,y"], Texts(extra.At("scopes")));
        Assert.Equal(["core"], Texts(extra.At("acme.com/team")));
        Assert.Equal(["z"], Texts(extra.At("a%b c")));
    }

    [Fact]
    public async Task The_user_has_its_own_rights_and_is_named_in_refusals()
    {
        using var client = ClusterClient.Connect(new(Sandbox.KubeConfigPath, "admin", As: "limited-user"));
        var failure = await Failing.WithAsync("Forbidden", () => client.GetPodAsync("shop", "web-1", default));
        Assert.Contains("User 'limited-user' may not get pods", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_group_gives_its_rights()
    {
        using var client = ClusterClient.Connect(new(Sandbox.KubeConfigPath, "admin", As: "somebody") { AsGroup = ["dev", "system:masters"] });
        Assert.Equal("web-1", (await client.GetPodAsync("shop", "web-1", default)).PodName);
    }

    [Theory]
    [InlineData("alice", "users at the cluster scope")]
    [InlineData("system:serviceaccount:shop:web", "serviceaccounts in namespace 'shop'")]
    public async Task Who_may_not_impersonate_is_told_so(string user, string words)
    {
        using var client = ClusterClient.Connect(new(Sandbox.KubeConfigPath, "operator", As: user));
        var failure = await Failing.WithAsync("Forbidden", () => client.GetPodAsync("shop", "web-1", default));
        Assert.Contains($"User 'operator' may not impersonate {words}", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watches_and_commands_in_pods_are_as_the_user()
    {
        using var client = ClusterClient.Connect(new(Sandbox.KubeConfigPath, "admin", As: "somebody") { AsGroup = ["system:masters"] });
        using var watcher = new PodWatcher(client.Pods, client.Target, "shop", "web-1");
        await watcher.NextAsync(default);
        await new PodExec(client.Server.Connection, "shop", "web-1").RunAsync("true", TimeSpan.FromSeconds(30), default);
        var requests = Sandbox.Requests.Where(request => request.ImpersonatedUser == "somebody").Select(request => request.Path).ToList();
        Assert.Contains(requests, path => path.Contains("watch=1", StringComparison.Ordinal));
        Assert.Contains(requests, path => path.Contains("/exec?", StringComparison.Ordinal));
        Assert.Equal(requests.Count, Sandbox.Requests.Count(request => request.User == "admin"));
    }

    [Fact]
    public async Task Parameters_override_the_kubeconfig_field_by_field_as_those_of_kubectl_do()
    {
        using var client = Connect("as: alice, as-groups: [g1], as-uid: 7", new(As: "bob"));
        using var review = await WhoAmIAsync(client);
        var user = review.RootElement.At("status", "userInfo");
        Assert.Equal("bob", user.Text("username"));
        Assert.Equal("7", user.Text("uid"));
        Assert.Equal(["g1", "system:authenticated"], Texts(user.At("groups")));
    }

    [Theory]
    [InlineData("as-groups: [g1]", "without a user")]
    [InlineData("as-uid: 7", "without a user")]
    [InlineData("as-user-extra: {a: [b]}", "without a user")]
    [InlineData("as: \"a\\r\\nX-Other: b\"", "control character")]
    [InlineData("as: a, as-groups: [\"b\\u0001c\"]", "control character")]
    public void An_incomplete_or_dangerous_user_is_refused(string setting, string words)
    {
        var failure = Assert.Throws<KubeCheckpointException>(() => Connect(setting));
        Assert.Equal("ImpersonationInvalid", failure.ErrorId);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_group_is_a_line_of_its_own()
    {
        await using var server = new RecordingServer(certificate: null);
        var text = KubeConfigText.Of(
            $"server: 'http://127.0.0.1:{server.Port}'", "as: alice, as-groups: [g1, g2, ''], as-user-extra: {k: [v1, v2], empty: []}");
        using var client = ClusterClient.Connect(new(_folder.Write("raw", Encoding.UTF8.GetBytes(text))));
        await client.GetNodesAsync(default);
        await client.GetNodesAsync(default);
        Assert.All(server.Requests, request => Assert.Equal(
            [
                "Impersonate-User: alice", "Impersonate-Group: g1", "Impersonate-Group: g2", "Impersonate-Group: ", "Impersonate-Extra-k: v1",
                "Impersonate-Extra-k: v2",
            ],
            request.Split("\r\n").Where(line => line.StartsWith("Impersonate-", StringComparison.Ordinal))));
        Assert.Equal(2, server.Requests.Count);
    }

    public void Dispose() => _folder.Dispose();

    private static IEnumerable<string?> Texts(JsonElement list) => list.EnumerateArray().Select(item => item.GetString());

    private static Task<JsonDocument> WhoAmIAsync(ClusterClient client) =>
        client.Server.ReviewAsync(
            "apis/authentication.k8s.io/v1/selfsubjectreviews", """{"kind":"SelfSubjectReview","apiVersion":"authentication.k8s.io/v1"}""", default);

    private ClusterClient Connect(string settings, ClusterTarget? target = null)
    {
        var cluster = $"server: '{Sandbox.ApiServer}', certificate-authority: '{Sandbox.CertificateAuthorityPath}'";
        var text = KubeConfigText.Of(cluster, $"token: {Sandbox.Tokens["admin"]}, {settings}");
        return ClusterClient.Connect((target ?? new()) with { KubeConfig = _folder.Write("config", Encoding.UTF8.GetBytes(text)) });
    }
}

using System.Text;
using System.Text.Json.Nodes;

namespace KubeCheckpoint.Sandbox.Tests;

/// <summary>Roles, bindings and access reviews, with the messages of a 1.36 API server.</summary>
public sealed class AccessObjectTests : IAsyncLifetime
{
    private const string Roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles";
    private const string Bindings = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings";
    private readonly SandboxFixture _sandbox = new();

    public Task InitializeAsync() => _sandbox.InitializeAsync();

    public Task DisposeAsync() => _sandbox.DisposeAsync();

    [Fact]
    public async Task Granted_permissions_can_be_used()
    {
        using var limited = Caller.WithToken(_sandbox.Cluster, "limited-user");
        Assert.Equal(403, (await limited.SendAsync(HttpMethod.Get, "/api/v1/nodes")).Status);

        Assert.Equal(201, (await ApplyAsync(_sandbox.Admin, Roles + "/looker", Role("looker", "nodes", "list"))).Status);
        Assert.Equal(201, (await ApplyAsync(_sandbox.Admin, Bindings + "/looker", Binding("looker", "looker", "limited-user"))).Status);

        Assert.Equal(200, (await limited.SendAsync(HttpMethod.Get, "/api/v1/nodes")).Status);
        Assert.Equal(403, (await limited.SendAsync(HttpMethod.Get, "/api/v1/nodes/node1")).Status);
        Assert.Contains("list nodes", _sandbox.Cluster.UsedRights("limited-user"));
        Assert.Equal(200, (await ApplyAsync(_sandbox.Admin, Roles + "/looker", Role("looker", "nodes", "get"))).Status);
        Assert.Equal(200, (await limited.SendAsync(HttpMethod.Get, "/api/v1/nodes/node1")).Status);
        Assert.Equal(403, (await limited.SendAsync(HttpMethod.Get, "/api/v1/nodes")).Status);
        Assert.Equal(200, (await _sandbox.Admin.SendAsync(HttpMethod.Delete, Bindings + "/looker")).Status);
        Assert.Equal(403, (await limited.SendAsync(HttpMethod.Get, "/api/v1/nodes/node1")).Status);
    }

    [Fact]
    public async Task Users_cannot_grant_what_they_do_not_have()
    {
        using var limited = Caller.WithToken(_sandbox.Cluster, "limited-user");
        _sandbox.Cluster.AllowAccessObjects("limited-user");

        (var status, var message) = await ApplyAsync(limited, Roles + "/pf-x", Role("pf-x", "nodes/proxy", "create"));
        Assert.Equal(403, status);
        Assert.StartsWith("clusterroles.rbac.authorization.k8s.io \"pf-x\" is forbidden: user \"limited-user\" (groups=[", message, StringComparison.Ordinal);
        Assert.EndsWith(
            "\"system:authenticated\"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[\"\"], Resources:[\"nodes/proxy\"], Verbs:[\"create\"]}",
            message,
            StringComparison.Ordinal);

        Assert.Equal(201, (await ApplyAsync(_sandbox.Admin, Roles + "/pf-x", Role("pf-x", "nodes/proxy", "create"))).Status);
        (status, message) = await ApplyAsync(limited, Bindings + "/pf-x", Binding("pf-x", "pf-x", "limited-user"));
        Assert.Equal(403, status);
        Assert.Contains("Resources:[\"nodes/proxy\"]", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_binding_keeps_its_role_and_needs_its_namespace()
    {
        Assert.Equal(201, (await ApplyAsync(_sandbox.Admin, Bindings + "/one", Binding("one", "one", "alice"))).Status);
        (var status, var message) = await ApplyAsync(_sandbox.Admin, Bindings + "/one", Binding("one", "two", "alice"));
        Assert.Equal(422, status);
        Assert.EndsWith("cannot change roleRef", message, StringComparison.Ordinal);

        var role = Role("one", "pods", "get");
        role["kind"] = "Role";
        (status, message) = await ApplyAsync(_sandbox.Admin, "/apis/rbac.authorization.k8s.io/v1/namespaces/nowhere/roles/one", role);
        Assert.Equal((404, "namespaces \"nowhere\" not found"), (status, message));
    }

    [Theory]
    [InlineData("somebody-unknown", "nodes", "proxy", false)]
    [InlineData("admin", "nodes", "checkpoint", true)]
    public async Task Reviews_of_other_users_require_permission(string user, string resource, string subresource, bool allowed)
    {
        const string Reviews = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
        var review = new JsonObject
        {
            ["spec"] = new JsonObject
            {
                ["user"] = user,
                ["resourceAttributes"] = new JsonObject { ["verb"] = "create", ["resource"] = resource, ["subresource"] = subresource },
            },
        };
        Assert.Equal(allowed, (await _sandbox.Admin.PostAsync(Reviews, review))["status"]!["allowed"]!.GetValue<bool>());

        using var limited = Caller.WithToken(_sandbox.Cluster, "limited-user");
        (var status, var body, _) = await limited.SendAsync(HttpMethod.Post, Reviews, (JsonObject)review.DeepClone());
        Assert.Equal(403, status);
        Assert.Contains("cannot create resource \\\"subjectaccessreviews\\\" in API group \\\"authorization.k8s.io\\\" at the cluster scope", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_kubelet_reports_its_configuration_and_disk()
    {
        var config = await _sandbox.Admin.GetAsync("/api/v1/nodes/node1/proxy/configz");
        Assert.NotNull(config["kubeletconfig"]!["runtimeRequestTimeout"]);
        var stats = await _sandbox.Admin.GetAsync("/api/v1/nodes/node1/proxy/stats/summary");
        Assert.True(stats["node"]!["fs"]!["availableBytes"]!.GetValue<long>() > 0);
    }

    private static JsonObject Role(string name, string resource, string verb) => new()
    {
        ["apiVersion"] = "rbac.authorization.k8s.io/v1",
        ["kind"] = "ClusterRole",
        ["metadata"] = new JsonObject { ["name"] = name },
        ["rules"] = new JsonArray(new JsonObject { ["apiGroups"] = new JsonArray(""), ["resources"] = new JsonArray(resource), ["verbs"] = new JsonArray(verb) }),
    };

    private static JsonObject Binding(string name, string role, string user) => new()
    {
        ["apiVersion"] = "rbac.authorization.k8s.io/v1",
        ["kind"] = "ClusterRoleBinding",
        ["metadata"] = new JsonObject { ["name"] = name },
        ["roleRef"] = new JsonObject { ["apiGroup"] = "rbac.authorization.k8s.io", ["kind"] = "ClusterRole", ["name"] = role },
        ["subjects"] = new JsonArray(new JsonObject { ["apiGroup"] = "rbac.authorization.k8s.io", ["kind"] = "User", ["name"] = user }),
    };

    private static async Task<(int Status, string Message)> ApplyAsync(Caller caller, string path, JsonObject json)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, path + "?fieldManager=test")
        {
            Content = new StringContent(json.ToJsonString(), Encoding.UTF8, "application/apply-patch+yaml"),
        };
        using var response = await caller.Client.SendAsync(request);
        return ((int)response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!["message"]?.GetValue<string>() ?? "");
    }
}

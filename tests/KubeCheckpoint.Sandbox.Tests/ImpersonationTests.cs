using System.Text.Json.Nodes;

namespace KubeCheckpoint.Sandbox.Tests;

/// <summary>Requests with <c>Impersonate-*</c> headers, as an API server handles them.</summary>
public sealed class ImpersonationTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>
{
    private const string Pods = "/api/v1/namespaces/shop/pods";
    private const string Review = "/apis/authentication.k8s.io/v1/selfsubjectreviews";

    [Theory]
    [InlineData("users \"alice\" is forbidden: User \"operator\" cannot impersonate resource \"users\" in API group \"\" at the cluster scope", "User=alice")]
    [InlineData(
        "serviceaccounts \"web\" is forbidden: User \"operator\" cannot impersonate resource \"serviceaccounts\" in API group \"\" in the namespace \"shop\"",
        "User=system:serviceaccount:shop:web")]
    public async Task The_right_to_impersonate_is_needed(string message, params string[] headers)
    {
        using var caller = Caller.WithToken(sandbox.Cluster, "operator");
        var (status, body) = await SendAsync(caller, HttpMethod.Get, Pods, headers);
        Assert.Equal(403, status);
        Assert.Equal(message, JsonNode.Parse(body)!["message"]!.GetValue<string>());
    }

    [Fact]
    public async Task The_impersonated_user_has_its_own_rights()
    {
        Assert.Equal(403, (await SendAsync(sandbox.Admin, HttpMethod.Get, Pods, "User=alice")).Status);
        Assert.Equal(200, (await SendAsync(sandbox.Admin, HttpMethod.Get, Pods, "User=operator")).Status);
        Assert.Equal(200, (await SendAsync(sandbox.Admin, HttpMethod.Get, Pods, "User=alice", "Group=system:masters")).Status);
    }

    [Fact]
    public async Task A_review_tells_who_the_user_is()
    {
        var (status, body) = await SendAsync(sandbox.Admin, HttpMethod.Post, Review, "User=alice", "Uid=7", "Extra-acme.com%2fteam=core");
        Assert.Equal(201, status);
        Assert.Equal(
            """{"username":"alice","groups":["system:authenticated"],"uid":"7","extra":{"acme.com/team":["core"]}}""",
            JsonNode.Parse(body)!["status"]!["userInfo"]!.ToJsonString());
    }

    [Fact]
    public async Task A_service_account_is_in_its_groups()
    {
        var (_, body) = await SendAsync(sandbox.Admin, HttpMethod.Post, Review, "User=system:serviceaccount:shop:web");
        Assert.Equal(
            """["system:serviceaccounts","system:serviceaccounts:shop","system:authenticated"]""",
            JsonNode.Parse(body)!["status"]!["userInfo"]!["groups"]!.ToJsonString());
    }

    [Fact]
    public async Task Groups_need_a_user() => Assert.Equal(500, (await SendAsync(sandbox.Admin, HttpMethod.Get, Pods, "Group=dev")).Status);

    private static async Task<(int Status, string Body)> SendAsync(Caller caller, HttpMethod method, string path, params string[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        foreach (var header in headers.Select(header => header.Split('=')))
            request.Headers.TryAddWithoutValidation($"Impersonate-{header[0]}", header[1]);
        using var response = await caller.Client.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}

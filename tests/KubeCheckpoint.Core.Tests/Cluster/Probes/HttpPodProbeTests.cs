using KubeCheckpoint.Cluster.Probes;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Sandbox;

namespace KubeCheckpoint.Core.Tests.Cluster.Probes;

public sealed class HttpPodProbeTests : SandboxTests
{
    public HttpPodProbeTests()
        : base(new() { DefaultPods = false }, "admin")
    {
    }

    protected override Task SetUpAsync()
    {
        Sandbox.AddPod(new SandboxPod("shop", "web", "node1", new SandboxContainer("app")));
        return Task.CompletedTask;
    }

    [Theory]
    [InlineData("8080")]
    [InlineData("8080/healthz?full=1")]
    [InlineData("https:8443/")]
    public void The_target_is_shown_as_it_was_given(string target) => Assert.Equal(target, new HttpPodProbe(null!, target).Target);

    [Theory]
    [InlineData("")]
    [InlineData("/healthz")]
    [InlineData("0")]
    [InlineData("65536/x")]
    [InlineData("ftp:21/x")]
    [InlineData("http://web:8080/")]
    [InlineData("8080/a b")]
    [InlineData("8080/x\r\nHost: other")]
    public void A_target_that_cannot_be_requested_is_refused(string target) =>
        Assert.Equal("ProbeInvalid", Assert.Throws<KubeCheckpointException>(() => new HttpPodProbe(null!, target)).ErrorId);

    [Theory]
    [InlineData(401, """{"kind":"Status","apiVersion":"v1","status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}""", "401 Unauthorized")]
    [InlineData(403, """{"kind":"Status","apiVersion":"v1","status":"Failure","message":"forbidden: User \"system:anonymous\" cannot get path \"/healthz\"","reason":"Forbidden","details":{},"code":403}""", "403 Forbidden")]
    [InlineData(500, """{"kind":"Status","apiVersion":"v1","status":"Failure","message":"secret","code":500}""", "500 Internal Server Error")]
    [InlineData(404, "secret", "404 Not Found")]
    public async Task A_pod_that_is_an_api_server_itself_fails_the_probe_and_its_message_is_not_shown(int status, string body, string detail)
    {
        AddResponse(status, body);
        Assert.Equal(new(false, detail), await ProbeAsync());
    }

    [Fact]
    public async Task A_refusal_of_the_proxy_by_the_clusters_api_server_ends_the_probe()
    {
        AddResponse(
            403,
            """
            {"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Forbidden","code":403,"details":{"name":"https:web:8443","kind":"pods"},
             "message":"pods \"https:web:8443\" is forbidden: User \"dev\" cannot get resource \"pods/proxy\" in API group \"\" in the namespace \"shop\""}
            """);
        await Failing.WithAsync("Forbidden", ProbeAsync);
    }

    [Fact]
    public async Task A_pod_that_does_not_listen_fails_the_probe_with_the_reason()
    {
        var response = await ProbeAsync();
        Assert.False(response.Succeeded);
        Assert.Contains("connection refused", response.Detail, StringComparison.Ordinal);
    }

    private void AddResponse(int status, string body) => Sandbox.AddFault(new()
    {
        Server = SandboxServer.ApiServer,
        PathContains = "/pods/https:web:8443/proxy/healthz",
        Status = status,
        Body = body,
        ContentType = "application/json",
    });

    private async Task<ProbeResponse> ProbeAsync() =>
        await new HttpPodProbe(Client, "https:8443/healthz").ProbeAsync(await Client.GetPodAsync("shop", "web", default), default);
}

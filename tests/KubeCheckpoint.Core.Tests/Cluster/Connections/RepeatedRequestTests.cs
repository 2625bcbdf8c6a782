using System.Net;
using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Objects;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Sandbox;

namespace KubeCheckpoint.Core.Tests.Cluster.Connections;

/// <summary>What is repeated after a transient failure of the API server, and what is not.</summary>
public sealed class RepeatedRequestTests : SandboxTests
{
    private const string Pods = "api/v1/namespaces/shop/pods";

    public RepeatedRequestTests()
        : base(new() { DefaultPods = false }, "admin")
    {
    }

    protected override Task SetUpAsync()
    {
        Sandbox.AddPod(new SandboxPod("shop", "web", "node1", new SandboxContainer("app")));
        return Task.CompletedTask;
    }

    [Theory]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    public async Task A_read_is_repeated(int status)
    {
        Sandbox.AddFault(new() { Method = "GET", PathContains = "/pods", Status = status, RetryAfter = TimeSpan.Zero });
        Assert.Equal(["web"], await NamesAsync());
    }

    [Fact]
    public async Task A_read_that_breaks_off_is_repeated()
    {
        Sandbox.AddFault(new() { Method = "GET", PathContains = "/pods", CutAfterBytes = 100 });
        Assert.Equal(["web"], await NamesAsync());
    }

    [Fact]
    public async Task A_read_is_not_repeated_for_ever()
    {
        Sandbox.AddFault(new() { Method = "GET", PathContains = "/pods", Status = 503, Times = int.MaxValue });
        await Failing.WithAsync("ClusterBusy", NamesAsync);
        Assert.Equal(4, Sandbox.Requests.Count(request => request.Path.Contains("/pods", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task A_creation_is_repeated(int status)
    {
        Sandbox.AddFault(new() { Method = "POST", PathContains = "/pods", Status = status });
        var response = await Client.Server.CreateAsync(Pods, "new", NewPod().ToJsonString(), default);
        Assert.Equal(HttpStatusCode.Created, response.Status);
    }

    [Fact]
    public async Task A_creation_whose_response_was_lost_finds_its_own_object()
    {
        Sandbox.AddFault(new() { Method = "POST", PathContains = "/pods", CutAfterBytes = 10 });
        var own = new OwnPod(Client.Server, "shop");
        var response = await own.CreateAsync(NewPod(), default);
        Assert.True(response.IsSuccess);
        Assert.Equal(2, Posts());

        // It knows the pod by its uid.
        Assert.Null(await own.DeleteAsync(default));
        Assert.Equal(["web"], await NamesAsync());
    }

    [Theory]
    [InlineData("namespaces", "api/v1/namespaces")]
    [InlineData("serviceaccounts", "api/v1/namespaces/shop/serviceaccounts")]
    public async Task So_does_one_of_another_kind(string resource, string path)
    {
        Sandbox.AddFault(new() { Method = "POST", PathContains = $"/{resource}", CutAfterBytes = 10 });
        Assert.True(await new ObjectApi(Client.Server).CreateAsync(path, new() { ["metadata"] = new JsonObject { ["name"] = "new" } }, default));
    }

    [Fact]
    public async Task A_repeated_creation_does_not_take_the_object_of_someone_else_for_its_own()
    {
        Sandbox.AddPod(new SandboxPod("shop", "new", "node1", new SandboxContainer("app")));
        Sandbox.AddFault(new() { Method = "POST", PathContains = "/pods", Status = 503 });
        var response = await Client.Server.CreateAsync(Pods, "new", NewPod().ToJsonString(), default);
        Assert.Equal(HttpStatusCode.Conflict, response.Status);
    }

    [Fact]
    public async Task What_may_have_an_effect_twice_is_repeated_only_if_it_was_refused()
    {
        Sandbox.AddFault(new() { Method = "POST", PathContains = "/pods", Status = 429 });
        Sandbox.AddFault(new() { Method = "POST", PathContains = "/pods", Status = 503 });
        var response = await Client.Server.SendAsync(HttpMethod.Post, Pods, default, NewPod().ToJsonString());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.Status);
        Assert.Equal(2, Posts());
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task A_command_in_a_pod_is_opened_again(int status)
    {
        Sandbox.AddFault(new() { PathContains = "/exec", Status = status });
        var (result, output) = await new PodExec(Client.Server.Connection, "shop", "web").RunAsync("echo one", TimeSpan.FromSeconds(30), default);
        Assert.Equal((0, "one\n"), (result.ExitCode, output));
    }

    [Fact]
    public async Task A_command_of_the_user_is_opened_again_only_if_it_was_refused()
    {
        Sandbox.AddFault(new() { PathContains = "/exec", Status = 429 });
        Sandbox.AddFault(new() { PathContains = "/exec", Status = 503 });
        var exec = new PodExec(Client.Server.Connection, "shop", "web", "app", response => new InvalidOperationException(response.Reason));
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => exec.RunAsync("echo one", TimeSpan.FromSeconds(30), default));
        Assert.StartsWith("503", exception.Message, StringComparison.Ordinal);
        Assert.Equal(2, Sandbox.Requests.Count(request => request.Path.Contains("/exec", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_cancellation_ends_the_repetition()
    {
        Sandbox.AddFault(new() { Status = 503, RetryAfter = TimeSpan.FromSeconds(30), Times = int.MaxValue });
        using var source = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        var creation = Client.Server.CreateAsync(Pods, "new", NewPod().ToJsonString(), source.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => creation.WaitAsync(TimeSpan.FromSeconds(20)));
    }

    private static JsonObject NewPod() => JsonNode.Parse(
        """{"kind":"Pod","apiVersion":"v1","metadata":{"name":"new"},"spec":{"containers":[{"name":"app","image":"busybox:1"}]}}""")!.AsObject();

    private int Posts() => Sandbox.Requests.Count(request => request.Method == "POST");

    private async Task<IReadOnlyList<string>> NamesAsync()
    {
        var names = new List<string>();
        await foreach (var pod in Client.GetPodsAsync(new() { Namespaces = [NamePattern.Exact("shop")] }, failure => throw failure, default))
            names.Add(pod.PodName);
        return names;
    }
}

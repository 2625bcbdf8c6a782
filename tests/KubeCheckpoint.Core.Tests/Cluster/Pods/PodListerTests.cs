using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Sandbox;

namespace KubeCheckpoint.Core.Tests.Cluster.Pods;

public sealed class PodListerTests : SandboxTests
{
    private readonly List<KubeCheckpointException> _failures = [];

    public PodListerTests()
        : base(new() { DefaultPods = false }, "admin")
    {
    }

    protected override Task SetUpAsync()
    {
        for (var number = 1; number <= 7; number++)
        {
            Sandbox.AddPod(new SandboxPod("shop", $"web-{number}", number % 2 == 0 ? "node2" : "node1", new SandboxContainer("app"))
            {
                Labels = new Dictionary<string, string> { ["parity"] = number % 2 == 0 ? "even" : "odd" },
            });
        }

        Sandbox.AddPod(new SandboxPod("shop-test", "web-1", "node1", new SandboxContainer("app")));
        Sandbox.AddPod(new SandboxPod("other", "done", "node1", new SandboxContainer("app")) { State = SandboxPodState.Succeeded });
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Pages_arrive_one_by_one()
    {
        var listed = await ListAsync(new() { AllNamespaces = true, PageSize = 2 });
        Assert.Equal(9, listed.Count);
        Assert.Equal(listed.Distinct(), listed);
        Assert.Equal(5, Lists().Count());

        await foreach (var pod in Client.GetPodsAsync(new() { AllNamespaces = true, PageSize = 2 }, _failures.Add, default))
        {
            Assert.Equal(6, Lists().Count());
            break;
        }
    }

    [Fact]
    public async Task A_list_that_expires_midway_emits_every_pod_once()
    {
        Sandbox.AddFault(new()
        {
            PathContains = "continue=",
            Status = 410,
            ContentType = "application/json",
            Body = """{"kind":"Status","apiVersion":"v1","status":"Failure","message":"The provided continue parameter is too old","reason":"Expired","code":410}""",
        });
        var listed = await ListAsync(new() { AllNamespaces = true, PageSize = 4 });
        Assert.Equal(9, listed.Count);
        Assert.Equal(9, listed.Distinct().Count());
    }

    [Fact]
    public async Task Selectors_and_node_go_to_the_server_together()
    {
        var query = new PodQuery { Namespaces = [NamePattern.Exact("shop")], LabelSelector = "parity in (even)", NodeName = "node2", FieldSelector = "status.phase=Running" };
        Assert.Equal(["shop/web-2", "shop/web-4", "shop/web-6"], await ListAsync(query));
        Assert.Contains(Lists(), request => request.Path.Contains("spec.nodeName%3Dnode2", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Missing_names_are_reported_and_the_others_listed()
    {
        var query = new PodQuery { Namespaces = [NamePattern.Exact("shop")], Names = [NamePattern.Exact("nosuch"), NamePattern.Exact("web-3"), NamePattern.Exact("No/Name"), Starts("web-1")] };
        Assert.Equal(["shop/web-3", "shop/web-1"], await ListAsync(query));
        Assert.Equal(["PodNotFound", "InvalidName"], _failures.Select(failure => failure.ErrorId));
    }

    [Fact]
    public async Task An_exact_name_is_searched_in_every_namespace_that_matches()
    {
        var query = new PodQuery { Namespaces = [Starts("shop")], Names = [NamePattern.Exact("web-1"), NamePattern.Exact("done")] };
        Assert.Equal(["shop/web-1", "shop-test/web-1"], await ListAsync(query));
        Assert.Equal(["PodNotFoundAnywhere"], _failures.Select(failure => failure.ErrorId));
    }

    [Fact]
    public async Task Unknown_namespaces_are_reported()
    {
        Assert.Empty(await ListAsync(new() { Namespaces = [NamePattern.Exact("nosuch"), Starts("zz")] }));
        Assert.Equal(["NamespaceNotFound", "NoNamespaceMatches"], _failures.Select(failure => failure.ErrorId).Order());
    }

    [Fact]
    public async Task Without_rights_the_failure_names_user_verb_and_resource()
    {
        using var limited = ClusterClient.Connect(new(Sandbox.KubeConfigPath, "limited"));
        await foreach (var pod in limited.GetPodsAsync(new() { Namespaces = [NamePattern.Exact("shop")] }, _failures.Add, default))
            Assert.Fail(pod.PodName);
        var failure = Assert.Single(_failures);
        Assert.Equal("Forbidden", failure.ErrorId);
        Assert.Contains("'limited-user' may not list pods in namespace 'shop'", failure.Message, StringComparison.Ordinal);
        Assert.Contains("--verb=list --resource=pods -n shop", failure.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_to_a_hanging_server_can_be_cancelled()
    {
        Sandbox.AddFault(new() { Server = SandboxServer.ApiServer, NeverResponds = true, Times = int.MaxValue });
        using var cancel = new CancellationTokenSource(200);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Client.GetPodAsync("shop", "web-1", cancel.Token));
    }

    [Fact]
    public async Task A_list_whose_pages_repeat_ends()
    {
        Sandbox.AddFault(new()
        {
            PathContains = "pods?limit",
            Status = 200,
            ContentType = "application/json",
            Body = """{"kind":"PodList","metadata":{"continue":"x"},"items":[{"metadata":{"name":"a","namespace":"shop","uid":"1"}}]}""",
            Times = int.MaxValue,
        });

        await Failing.WithAsync("UnexpectedAnswer", () => ListAsync(new() { AllNamespaces = true }));
        Assert.InRange(Lists().Count(), 2, 200);
    }

    private async Task<List<string>> ListAsync(PodQuery query)
    {
        var pods = new List<string>();
        await foreach (var pod in Client.GetPodsAsync(query, _failures.Add, default))
            pods.Add(pod.ToString());
        return pods;
    }

    private IEnumerable<SandboxRequest> Lists() => Sandbox.Requests.Where(request => request.Path.Contains("pods?limit", StringComparison.Ordinal));

    private static NamePattern Starts(string text) => new($"{text}*", hasWildcards: true, name => name.StartsWith(text, StringComparison.Ordinal));
}

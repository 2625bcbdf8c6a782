using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Sandbox;
using KubeCheckpoint.Sandbox.Cluster;

namespace KubeCheckpoint.Core.Tests.Cluster;

public sealed class PodListingTests : IAsyncLifetime
{
    private readonly List<KubeCheckpointException> _failures = [];
    private SandboxCluster _sandbox = null!;
    private ClusterClient _client = null!;

    public async Task InitializeAsync()
    {
        _sandbox = await SandboxCluster.StartAsync(new() { DefaultPods = false });
        for (var number = 1; number <= 7; number++)
        {
            _sandbox.AddPod(new SandboxPod("shop", $"web-{number}", number % 2 == 0 ? "node2" : "node1", new SandboxContainer("app"))
            {
                Labels = new Dictionary<string, string> { ["parity"] = number % 2 == 0 ? "even" : "odd" },
            });
        }

        _sandbox.AddPod(new SandboxPod("shop-test", "web-1", "node1", new SandboxContainer("app")));
        _sandbox.AddPod(new SandboxPod("other", "done", "node1", new SandboxContainer("app")) { State = SandboxPodState.Succeeded });
        _client = ClusterClient.Connect(new(_sandbox.KubeConfigPath, "admin"));
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _sandbox.DisposeAsync();
    }

    [Fact]
    public async Task Pages_are_followed_and_arrive_one_by_one()
    {
        var listed = await ListAsync(new() { AllNamespaces = true, PageSize = 2 });
        Assert.Equal(9, listed.Count);
        Assert.Equal(listed.Distinct(), listed);
        Assert.Equal(5, Lists().Count());

        await foreach (var pod in _client.GetPodsAsync(new() { AllNamespaces = true, PageSize = 2 }, _failures.Add, default))
        {
            Assert.Equal(6, Lists().Count());
            break;
        }
    }

    [Fact]
    public async Task A_list_that_expires_midway_shows_no_pod_twice_and_loses_none()
    {
        _sandbox.AddFault(new()
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
    public async Task Names_that_miss_are_told_and_the_others_go_on()
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
    public async Task Unknown_namespaces_are_told()
    {
        Assert.Empty(await ListAsync(new() { Namespaces = [NamePattern.Exact("nosuch"), Starts("zz")] }));
        Assert.Equal(["NamespaceNotFound", "NoNamespaceMatches"], _failures.Select(failure => failure.ErrorId).Order());
    }

    [Fact]
    public async Task Without_rights_the_failure_names_user_verb_and_resource()
    {
        using var limited = ClusterClient.Connect(new(_sandbox.KubeConfigPath, "limited"));
        await foreach (var pod in limited.GetPodsAsync(new() { Namespaces = [NamePattern.Exact("shop")] }, _failures.Add, default))
            Assert.Fail(pod.PodName);
        var failure = Assert.Single(_failures);
        Assert.Equal("Forbidden", failure.ErrorId);
        Assert.Contains("'limited-user' may not list pods in namespace 'shop'", failure.Message, StringComparison.Ordinal);
        Assert.Contains("--verb=list --resource=pods -n shop", failure.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_never_answers_is_left_at_once()
    {
        _sandbox.AddFault(new() { Server = SandboxServer.ApiServer, NeverResponds = true, Times = int.MaxValue });
        using var cancel = new CancellationTokenSource(200);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _client.GetPodAsync("shop", "web-1", cancel.Token));
    }

    [Fact]
    public async Task A_kubelets_own_list_is_selected_from_here()
    {
        using var kubelet = ConnectKubelet();
        var pods = new List<string>();
        var query = new PodQuery { Names = [Starts("web")], LabelSelector = "parity=odd,!canary", FieldSelector = "metadata.namespace=shop" };
        await foreach (var pod in kubelet.GetPodsAsync(query, _failures.Add, default))
            pods.Add(pod.ToString());
        Assert.Equal(["shop/web-1", "shop/web-3", "shop/web-5", "shop/web-7"], pods.Order());
    }

    [Fact]
    public async Task A_kubelets_certificate_is_verified()
    {
        using var untrusting = KubeletClient.Connect(new() { Uri = _sandbox.KubeletUri("node1"), Token = _sandbox.Tokens["admin"] });
        await Failing.WithAsync("KubeletCertificateInvalid", () => FirstAsync(untrusting));
        using var trusting = KubeletClient.Connect(new() { Uri = _sandbox.KubeletUri("node1"), Token = _sandbox.Tokens["admin"], SkipCertificateCheck = true });
        Assert.NotNull(await FirstAsync(trusting));
        using var wrongToken = KubeletClient.Connect(new() { Uri = _sandbox.KubeletUri("node1"), Token = "nonsense", SkipCertificateCheck = true });
        await Failing.WithAsync("KubeletUnauthorized", () => FirstAsync(wrongToken));
    }

    private static async Task<Pod?> FirstAsync(KubeletClient kubelet)
    {
        await foreach (var pod in kubelet.GetPodsAsync(new(), _ => { }, default))
            return pod;
        return null;
    }

    private KubeletClient ConnectKubelet() => KubeletClient.Connect(new()
    {
        Uri = _sandbox.KubeletUri("node1"),
        ClientCertificate = System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPemFile(
            _sandbox.KubeletClientCertificatePath, _sandbox.KubeletClientKeyPath),
        CertificateAuthorities = [System.Security.Cryptography.X509Certificates.X509CertificateLoader.LoadCertificateFromFile(_sandbox.CertificateAuthorityPath)],
    });

    private async Task<List<string>> ListAsync(PodQuery query)
    {
        var pods = new List<string>();
        await foreach (var pod in _client.GetPodsAsync(query, _failures.Add, default))
            pods.Add(pod.ToString());
        return pods;
    }

    private IEnumerable<SandboxRequest> Lists() => _sandbox.Requests.Where(request => request.Path.Contains("pods?limit", StringComparison.Ordinal));

    private static NamePattern Starts(string text) => new($"{text}*", hasWildcards: true, name => name.StartsWith(text, StringComparison.Ordinal));
}

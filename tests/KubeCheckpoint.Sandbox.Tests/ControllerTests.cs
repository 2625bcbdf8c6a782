using System.Net;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Cluster;

namespace KubeCheckpoint.Sandbox.Tests;

/// <summary>Tests what controllers do with pods and namespaces, and which changes the API server allows.</summary>
public sealed class ControllerTests : IAsyncLifetime
{
    private const string Cost = "controller.kubernetes.io/pod-deletion-cost";
    private const string MergePatch = "application/merge-patch+json";

    private SandboxCluster _cluster = null!;
    private Caller _admin = null!;

    public async Task InitializeAsync()
    {
        _cluster = await SandboxCluster.StartAsync(new SandboxOptions { DefaultPods = false });
        _admin = Caller.WithToken(_cluster, "admin");
    }

    public async Task DisposeAsync()
    {
        _admin.Dispose();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task A_replica_set_keeps_the_number_of_its_pods()
    {
        await AddSetAsync(2);
        var first = Owned()[0];
        _cluster.RemovePod("default", first);
        await Eventually.TrueAsync(() => Owned().Count == 2 && !Owned().Contains(first), "a new pod in the place of the one that went");
    }

    [Fact]
    public async Task A_replica_set_adopts_an_orphan_and_deletes_the_cheapest_that_is_ready()
    {
        await AddSetAsync(2);
        var cheap = Owned()[1];
        Assert.Equal(200, await PatchAsync($"/api/v1/namespaces/default/pods/{cheap}", $$"""{"metadata":{"annotations":{"{{Cost}}":"-5"} } }"""));
        await AddOrphanAsync("orphan", ready: true);
        await Eventually.TrueAsync(() => Owned().Count == 2 && Owned().Contains("orphan") && !Owned().Contains(cheap), "the cheap one has gone for the orphan");
    }

    [Fact]
    public async Task An_orphan_that_is_not_ready_goes_first_whatever_the_costs()
    {
        await AddSetAsync(1);
        var first = Owned()[0];
        await PatchAsync($"/api/v1/namespaces/default/pods/{first}", $$"""{"metadata":{"annotations":{"{{Cost}}":"-2147483648"} } }""");
        await AddOrphanAsync("orphan", ready: false);
        await Eventually.TrueAsync(() => _cluster.Pods.All(pod => Name(pod) != "orphan"), "the orphan has gone");
        Assert.Equal([first], Owned());
    }

    [Fact]
    public async Task A_namespace_is_deleted_with_its_content()
    {
        await _admin.PostAsync("/api/v1/namespaces", JsonNode.Parse("""{"metadata":{"name":"drill"} }""")!.AsObject());
        await Eventually.TrueAsync(() => _cluster.Objects("serviceaccounts").Any(account => (string?)account["metadata"]!["namespace"] == "drill"), "its service account");
        await _admin.PostAsync("/api/v1/namespaces/drill/secrets", JsonNode.Parse("""{"metadata":{"name":"s"},"data":{"k":"dg=="} }""")!.AsObject());
        await _admin.PostAsync("/api/v1/namespaces/drill/pods", Manifests.Pod("p"));
        Assert.Equal(200, (await _admin.SendAsync(HttpMethod.Delete, "/api/v1/namespaces/drill")).Status);
        await Eventually.TrueAsync(() => _cluster.Objects("namespaces").All(item => Name(item) != "drill"), "the namespace has gone");
        Assert.DoesNotContain(_cluster.Pods.Concat(_cluster.Objects("secrets")), item => (string?)item["metadata"]!["namespace"] == "drill");
    }

    [Theory]
    [InlineData("""{"metadata":{"labels":{"a":"b"} } }""", MergePatch, 200)]
    [InlineData("""{"spec":{"nodeName":"node3"} }""", MergePatch, 422)]
    [InlineData("""{"metadata":{"annotations":{"controller.kubernetes.io/pod-deletion-cost":"cheap"} } }""", MergePatch, 422)]
    [InlineData("""{"metadata":{} }""", "application/json", 415)]
    [InlineData("[]", MergePatch, 400)]
    public async Task Only_the_metadata_of_a_pod_can_be_patched(string patch, string type, int status)
    {
        _cluster.AddPod(new SandboxPod("default", "p", "node1", new SandboxContainer("main")));
        Assert.Equal(status, await PatchAsync("/api/v1/namespaces/default/pods/p", patch, type));
    }

    [Fact]
    public async Task Pods_respond_through_the_proxy_at_open_ports()
    {
        _cluster.AddPod(new SandboxPod("default", "p", "node1", new SandboxContainer("main") { Environment = new Dictionary<string, string> { ["PORT"] = "8088" } }));
        Assert.Equal(200, (await _admin.SendAsync(HttpMethod.Get, "/api/v1/namespaces/default/pods/p:8088/proxy/healthz")).Status);
        (var status, var body, _) = await _admin.SendAsync(HttpMethod.Get, "/api/v1/namespaces/default/pods/http:p:81/proxy/");
        Assert.Equal((int)HttpStatusCode.ServiceUnavailable, status);
        Assert.Contains("connect: connection refused", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pod_that_needs_a_secret_waits_for_it()
    {
        var pod = Manifests.Pod("p");
        pod["spec"]!["volumes"] = JsonNode.Parse("""[{"name":"s","secret":{"secretName":"late"} }]""");
        await _admin.PostAsync("/api/v1/namespaces/default/pods", pod);
        await Eventually.TrueAsync(() => _cluster.Events.Any(recorded => (string?)recorded["message"] == "MountVolume.SetUp failed for volume \"s\" : secret \"late\" not found"), "the event");
        _cluster.AddObject("secrets", JsonNode.Parse("""{"metadata":{"name":"late","namespace":"default"} }""")!.AsObject());
        await Eventually.TrueAsync(() => Manifests.IsReady(_cluster, "p"), "ready at last");
    }

    [Theory]
    [InlineData("exit 0", "Complete")]
    [InlineData("exit 3", "Failed")]
    public async Task A_job_runs_its_pod_and_says_how_it_ended(string script, string condition)
    {
        await _admin.PostAsync("/apis/batch/v1/namespaces/default/jobs", Job(script, ttl: null));
        await Eventually.TrueAsync(
            () => _cluster.Objects("jobs").Any(job => (string?)job["status"]?["conditions"]?[0]?["type"] == condition), $"the job is {condition}");
        Assert.StartsWith("lease-", Name(_cluster.Pods.Single()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_that_has_ended_is_deleted_with_what_it_owns_but_not_with_what_it_no_longer_owns()
    {
        var job = await _admin.PostAsync("/apis/batch/v1/namespaces/default/jobs", Job("while [ ! -e /dev/shm/end ]; do sleep 0.01; done", ttl: 0));
        foreach (var name in (string[])["copy", "released"])
        {
            var pod = Manifests.Pod(name);
            pod["metadata"]!["ownerReferences"] = new JsonArray(new JsonObject
            {
                ["apiVersion"] = "batch/v1",
                ["kind"] = "Job",
                ["name"] = "lease",
                ["uid"] = (string)job["metadata"]!["uid"]!,
            });
            await _admin.PostAsync("/api/v1/namespaces/default/pods", pod);
        }
        Assert.Equal(200, await PatchAsync("/api/v1/namespaces/default/pods/released", """{"metadata":{"ownerReferences":null} }"""));
        await Eventually.TrueAsync(() => _cluster.Pods.Count(pod => Manifests.IsReady(_cluster, Name(pod))) == 3, "all run");
        var lease = _cluster.Pods.Single(pod => Name(pod).StartsWith("lease-", StringComparison.Ordinal));
        await File.WriteAllTextAsync(Path.Join(_cluster.VolumeFolder("default", Name(lease), null), "end"), "");
        await Eventually.TrueAsync(() => _cluster.Pods.Count == 1 && _cluster.Objects("jobs").Count == 0, "the job and its pods have gone");
        Assert.Equal("released", Name(_cluster.Pods.Single()));
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("?propagationPolicy=Background", 0)]
    public async Task The_deletion_of_a_job_leaves_its_pods_unless_it_says_otherwise(string policy, int left)
    {
        await _admin.PostAsync("/apis/batch/v1/namespaces/default/jobs", Job("sleep 60", ttl: null));
        await Eventually.TrueAsync(() => _cluster.Pods.Count == 1, "its pod");
        await _admin.SendAsync(HttpMethod.Delete, "/apis/batch/v1/namespaces/default/jobs/lease" + policy);
        await Eventually.TrueAsync(() => _cluster.Pods.Count == left && _cluster.Objects("jobs").Count == 0, "deleted");
        Assert.All(_cluster.Pods, pod => Assert.Empty(pod["metadata"]!["ownerReferences"]!.AsArray()));
    }

    private static JsonObject Job(string script, int? ttl) => new()
    {
        ["metadata"] = new JsonObject { ["name"] = "lease" },
        ["spec"] = new JsonObject
        {
            ["backoffLimit"] = 0,
            ["ttlSecondsAfterFinished"] = ttl,
            ["template"] = JsonNode.Parse($$"""
                {"spec":{"nodeName":"node1","restartPolicy":"Never","terminationGracePeriodSeconds":1,
                 "containers":[{"name":"main","image":"docker.io/library/busybox:1.36","command":["sh","-c","{{script}}"]}]} }
                """),
        },
    };

    private static string Name(JsonObject item) => (string)item["metadata"]!["name"]!;

    private List<string> Owned() =>
    [
        .. _cluster.Pods.Where(pod => pod["metadata"]!["ownerReferences"] is JsonArray { Count: > 0 } && pod["metadata"]!["deletionTimestamp"] is null
            && Manifests.IsReady(_cluster, Name(pod))).Select(Name),
    ];

    private async Task AddSetAsync(int replicas)
    {
        _cluster.AddObject("replicasets", JsonNode.Parse($$"""
            {"metadata":{"name":"web","namespace":"default"},
             "spec":{"replicas":{{replicas}},"selector":{"matchLabels":{"app":"web"} },
              "template":{"metadata":{"labels":{"app":"web"} },"spec":{"containers":[{"name":"main","image":"docker.io/library/busybox:1.36"}]} } } }
            """)!.AsObject());
        await Eventually.TrueAsync(() => Owned().Count == replicas, "the replicas are ready");
    }

    private async Task AddOrphanAsync(string name, bool ready)
    {
        _cluster.AddPod(new SandboxPod("default", name, "node2", new SandboxContainer("main")) { State = ready ? SandboxPodState.Running : SandboxPodState.CrashLoopBackOff });
        await PatchAsync($"/api/v1/namespaces/default/pods/{name}", """{"metadata":{"labels":{"app":"web"} } }""");
    }

    private async Task<int> PatchAsync(string path, string patch, string type = MergePatch)
    {
        using var content = new StringContent(patch);
        content.Headers.ContentType = new(type);
        using var response = await _admin.Client.PatchAsync(new Uri(path, UriKind.Relative), content);
        return (int)response.StatusCode;
    }
}

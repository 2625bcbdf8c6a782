using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Checkpoints;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Drills;
using KubeCheckpoint.Cluster.Objects;
using KubeCheckpoint.Cluster.Probes;
using KubeCheckpoint.Cluster.Restore;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Sandbox;
using KubeCheckpoint.Sandbox.Cluster;

namespace KubeCheckpoint.Core.Tests.Cluster;

/// <summary>The parts that moves and drills are made of.</summary>
public sealed class MovePartsTests
{
    [Theory]
    [InlineData("""{"matchLabels":{"app":"web"}}""", true)]
    [InlineData("""{"matchLabels":{"app":"web","tier":"back"}}""", false)]
    [InlineData("""{"matchExpressions":[{"key":"app","operator":"In","values":["x","web"]}]}""", true)]
    [InlineData("""{"matchExpressions":[{"key":"app","operator":"NotIn","values":["web"]}]}""", false)]
    [InlineData("""{"matchExpressions":[{"key":"canary","operator":"DoesNotExist"},{"key":"app","operator":"Exists"}]}""", true)]
    [InlineData("""{"matchLabels":{}}""", false)]
    [InlineData("{}", false)]
    public void Selectors_match_as_controllers_do(string selector, bool isMatch)
    {
        var set = JsonNode.Parse($$"""{"kind":"ReplicaSet","spec":{"selector":{{selector}} } }""")!.AsObject();
        Assert.Equal(isMatch, ObjectSelector.Of(set).IsMatch(new Dictionary<string, string> { ["app"] = "web" }));
    }

    [Fact]
    public void A_replication_controllers_selector_is_plain_labels()
    {
        var controller = JsonNode.Parse("""{"kind":"ReplicationController","spec":{"selector":{"app":"web"} } }""")!.AsObject();
        Assert.True(ObjectSelector.Of(controller).IsMatch(new Dictionary<string, string> { ["app"] = "web" }));
        Assert.Equal(["app"], ObjectSelector.Of(controller).Keys);
    }

    [Theory]
    [InlineData("8080")]
    [InlineData("8080/healthz?full=1")]
    [InlineData("https:8443/")]
    public void Http_probes_are_written_short(string target) => Assert.Equal(target, new HttpPodProbe(null!, target).Target);

    [Theory]
    [InlineData("")]
    [InlineData("/healthz")]
    [InlineData("0")]
    [InlineData("65536/x")]
    [InlineData("ftp:21/x")]
    [InlineData("http://web:8080/")]
    [InlineData("8080/a b")]
    [InlineData("8080/x\r\nHost: other")]
    public void What_is_no_http_probe_is_refused(string target) =>
        Assert.Equal("ProbeInvalid", Assert.Throws<KubeCheckpointException>(() => new HttpPodProbe(null!, target)).ErrorId);

    [Fact]
    public void A_drill_refers_to_what_the_pod_refers_to()
    {
        var references = DrillReferences.Of(
            """
            {"spec":{"serviceAccountName":"sa","imagePullSecrets":[{"name":"pull"}],
             "volumes":[{"name":"a","configMap":{"name":"cm-volume","optional":true}},{"name":"b","secret":{"secretName":"s-volume"}},
              {"name":"c","projected":{"sources":[{"configMap":{"name":"kube-root-ca.crt"}},{"configMap":{"name":"cm-projected"}},{"secret":{"name":"s-projected"}},{"serviceAccountToken":{}}]}}],
             "initContainers":[{"name":"i","env":[{"name":"X","valueFrom":{"secretKeyRef":{"name":"s-env","key":"k"}}}]}],
             "containers":[{"name":"a","env":[{"name":"Y","valueFrom":{"configMapKeyRef":{"name":"cm-volume","key":"k"}}},{"name":"Z","value":"z"}],
              "envFrom":[{"configMapRef":{"name":"cm-from","optional":true}},{"secretRef":{"name":"s-from"}}]}]}}
            """);

        Assert.Equal("sa", references.ServiceAccount);
        Assert.Equal([("cm-from", true), ("cm-projected", false), ("cm-volume", false)], references.ConfigMaps.Select(pair => (pair.Key, pair.Value)));
        Assert.Equal(
            [("pull", true), ("s-env", false), ("s-from", false), ("s-projected", false), ("s-volume", false)], references.Secrets.Select(pair => (pair.Key, pair.Value)));
    }

    [Fact]
    public void A_drill_does_not_touch_block_devices()
    {
        const string Manifest = """
            {"metadata":{"name":"db"},"spec":{"volumes":[{"name":"disk","persistentVolumeClaim":{"claimName":"c"}}],
             "containers":[{"name":"a","volumeDevices":[{"name":"disk","devicePath":"/dev/xvda"}]}]}}
            """;
        Assert.Equal("DrillVolumeUnsupported", Assert.Throws<KubeCheckpointException>(() => DrillManifest.Build(Manifest)).ErrorId);
    }

    [Fact]
    public void Pinning_keeps_the_affinity_that_is_there()
    {
        var spec = JsonNode.Parse(
            """
            {"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[
              {"matchExpressions":[{"key":"disk","operator":"In","values":["ssd"]}]},{"matchExpressions":[{"key":"gpu","operator":"Exists"}]}]}}}}
            """)!.AsObject();
        NodeRestriction.Pin(spec, "node2");

        var terms = spec["affinity"]!["nodeAffinity"]!["requiredDuringSchedulingIgnoredDuringExecution"]!["nodeSelectorTerms"]!.AsArray();
        Assert.Equal(2, terms.Count);
        Assert.All(terms, term => Assert.Equal("""[{"key":"metadata.name","operator":"In","values":["node2"]}]""", term!["matchFields"]!.ToJsonString()));
        Assert.All(terms, term => Assert.NotNull(term!["matchExpressions"]));
    }

    [Fact]
    public async Task A_dump_that_met_a_probe_of_the_kubelets_is_tried_again()
    {
        await using var sandbox = await SandboxCluster.StartAsync(new() { DefaultPods = false });
        sandbox.AddPod(new SandboxPod("shop", "web", "node1", new SandboxContainer("app"))
        {
            Adjust = pod => pod["spec"]!["containers"]![0]!["readinessProbe"] = JsonNode.Parse("""{"tcpSocket":{"port":80}}"""),
        });
        sandbox.AddFault(new()
        {
            PathContains = "/checkpoint/shop/web/app",
            Server = SandboxServer.Kubelet,
            Status = 500,
            Body = "checkpointing of shop/web/app failed (rpc error: code = Unknown desc = criu failed: type DUMP errno 0: consider using --tcp-established)",
        });
        var folder = Directory.CreateTempSubdirectory("kubecheckpoint-");
        using var client = ClusterClient.Connect(new(sandbox.KubeConfigPath));
        using var checkpointer = new ContainerCheckpointer(client);
        await using var transfer = new ArchiveTransfer(client, new() { Image = "busybox:1", RemoveSource = true });
        var archives = new PodArchives(checkpointer, transfer, await client.GetPodAsync("shop", "web", default), null);

        var taken = await archives.TakeAsync(folder.FullName, new(), null, _ => { }, default);

        Assert.Equal("app", Assert.Single(taken).ContainerName);
        Assert.Equal(2, sandbox.Requests.Count(request => request.Server == SandboxServer.Kubelet && request.Method == "POST"));
        folder.Delete(recursive: true);
    }
}

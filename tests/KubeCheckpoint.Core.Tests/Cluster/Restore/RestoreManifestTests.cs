using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Nodes;
using KubeCheckpoint.Cluster.Pods;
using KubeCheckpoint.Cluster.Restore;

namespace KubeCheckpoint.Core.Tests.Cluster.Restore;

public sealed class RestoreManifestTests
{
    private const string Digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    private const string OtherDigest = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    [Fact]
    public void What_belongs_to_the_old_pod_alone_is_dropped()
    {
        var pod = Build(Request());

        Assert.Null(pod["status"]);
        Assert.Equal(["name", "namespace", "labels", "annotations"], pod["metadata"]!.AsObject().Select(pair => pair.Key));
        Assert.Equal(["app"], pod["metadata"]!["labels"]!.AsObject().Select(pair => pair.Key));
        Assert.Equal(["note"], pod["metadata"]!["annotations"]!.AsObject().Select(pair => pair.Key));
        foreach (var field in new[] { "nodeName", "priority", "preemptionPolicy", "ephemeralContainers" })
            Assert.Null(pod["spec"]![field]);
    }

    [Fact]
    public void What_a_restore_needs_stays()
    {
        var spec = Build(Request())["spec"]!;
        var app = spec["containers"]![0]!;

        Assert.Equal("web-sa", (string?)spec["serviceAccountName"]);
        Assert.Equal("high", (string?)spec["priorityClassName"]);
        Assert.Equal("kept", (string?)spec["fieldOfTheFuture"]);
        Assert.Equal("v", (string?)app["env"]![0]!["value"]);
        Assert.Equal("64Mi", (string?)app["resources"]!["limits"]!["memory"]);
        Assert.Equal(["/scratch"], app["volumeMounts"]!.AsArray().Select(mount => (string?)mount!["mountPath"]));
        Assert.Equal(["scratch"], spec["volumes"]!.AsArray().Select(volume => (string?)volume!["name"]));
        Assert.Equal("init", (string?)spec["initContainers"]![0]!["name"]);
    }

    [Fact]
    public void The_token_mount_stays_if_admission_would_not_add_it()
    {
        var manifest = Manifest.Replace("\"serviceAccountName\"", "\"automountServiceAccountToken\":false,\"serviceAccountName\"", StringComparison.Ordinal);
        Assert.Equal(2, Build(Request(), manifest)["spec"]!["volumes"]!.AsArray().Count);
    }

    [Fact]
    public void Only_the_restored_container_gets_another_image_and_by_digest()
    {
        var containers = Build(Request())["spec"]!["containers"]!;
        Assert.Equal($"registry.local:5000/restore/web@{Digest}", (string?)containers[0]!["image"]);
        Assert.Equal("IfNotPresent", (string?)containers[0]!["imagePullPolicy"]);
        Assert.Equal("side:1", (string?)containers[1]!["image"]);
        Assert.Equal("Never", (string?)containers[1]!["imagePullPolicy"]);
    }

    [Theory]
    [InlineData("registry.local:5000/restore/web")]
    [InlineData("registry.local:5000/restore/web:tag")]
    [InlineData($"registry.local:5000/restore/web:tag@{OtherDigest}")]
    public void A_port_is_not_mistaken_for_a_tag(string reference) => Assert.Equal(
        $"registry.local:5000/restore/web@{Digest}",
        (string?)Build(Request(Image(reference: reference)))["spec"]!["containers"]![0]!["image"]);

    [Fact]
    public void Name_namespace_and_node_are_as_requested()
    {
        var pod = Build(Request() with { Name = "back", Namespace = "other", NodeName = "node2" });
        Assert.Equal("back", (string?)pod["metadata"]!["name"]);
        Assert.Equal("other", (string?)pod["metadata"]!["namespace"]);
        Assert.Equal("node2", (string?)pod["spec"]!["nodeName"]);
        Assert.Equal(["disk"], pod["spec"]!["nodeSelector"]!.AsObject().Select(pair => pair.Key));
        Assert.Null(pod["spec"]!["affinity"]!["nodeAffinity"]!["requiredDuringSchedulingIgnoredDuringExecution"]);
    }

    [Fact]
    public void The_default_name_says_what_it_is_and_fits_a_host_name()
    {
        Assert.Equal("web-1-restored", (string?)Build(Request())["metadata"]!["name"]);
        var longName = new string('a', 53) + "-" + new string('b', 9);
        var name = (string)Build(Request(), Manifest.Replace("\"web-1\"", $"\"{longName}\"", StringComparison.Ordinal))["metadata"]!["name"]!;
        Assert.Equal(new string('a', 53) + "-restored", name);
    }

    [Fact]
    public void Labels_and_annotations_are_merged_and_null_removes_them()
    {
        var metadata = Build(Request() with
        {
            Labels = new Dictionary<string, string?> { ["app"] = null, ["tier"] = "back" },
            Annotations = new Dictionary<string, string?> { ["note"] = "changed" },
        })["metadata"]!;

        Assert.Equal("""{"tier":"back"}""", metadata["labels"]!.ToJsonString());
        Assert.Equal("""{"note":"changed"}""", metadata["annotations"]!.ToJsonString());
    }

    [Fact]
    public void Nodes_with_another_runtime_are_kept_from_the_scheduler()
    {
        var placement = new PodPlacement { Fitting = [Node("node1")], Unfit = [Node("node2"), Node("node3")] };
        var terms = Build(Request(), placement: placement)["spec"]!["affinity"]!["nodeAffinity"]!["requiredDuringSchedulingIgnoredDuringExecution"]!["nodeSelectorTerms"]!;

        var term = Assert.Single(terms.AsArray())!;
        Assert.Equal("""[{"key":"kubernetes.io/hostname","operator":"In","values":["node1.local"]}]""", term["matchExpressions"]!.ToJsonString());
        Assert.NotNull(term["matchFields"]);

        var others = Build(Request(), placement: placement with { Fitting = placement.Unfit, Unfit = placement.Fitting });
        Assert.Contains("\"NotIn\",\"values\":[\"node1.local\"]", others.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_mount_that_cannot_be_added_is_named_before_the_pod_is_created()
    {
        var image = Image() with { Needs = new() { Mounts = [new("/scratch", MountOrigin.EmptyDir, "scratch"), new("/certs", MountOrigin.Secret, "tls")] } };
        var placement = new PodPlacement { Runtime = CheckpointEngine.CriO };
        var images = ImageToRestore.Of(Request(image), placement.Runtime);
        var pod = RestoreManifest.Build(Request(image), placement, images, PodDocument.Parse(new(Manifest)));

        var failure = Assert.Throws<KubeCheckpointException>(() => RestoreManifest.CheckMounts(pod, placement, images));
        Assert.Equal("RestoreMountMissing", failure.ErrorId);
        Assert.Contains("/certs (Secret volume 'tls')", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("/scratch", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Kept_owners_keep_their_labels_and_stay_in_their_namespace()
    {
        var request = Request() with { KeepOwnerReferences = true };
        var metadata = Build(request)["metadata"]!;
        Assert.Equal("web-rs", (string?)metadata["ownerReferences"]![0]!["name"]);
        Assert.Equal("abc", (string?)metadata["labels"]!["pod-template-hash"]);
        AssertFailure("OwnerInOtherNamespace", request with { Namespace = "other" });
    }

    [Fact]
    public void Images_that_do_not_fit_are_refused()
    {
        AssertFailure("AmbiguousRestoreImage", Request(Image(), Image(reference: "registry.local:5000/restore/web2:x")));
        AssertFailure("RestoreContainerNotFound", Request(Image() with { ContainerName = "nosuch" }));
        AssertFailure("RestoreImageNotPushed", Request(Image() with { IsPushed = false }));
        AssertFailure("NoRestoreImage", Request() with { Images = [] });
        AssertFailure("InvalidName", Request() with { Name = "Not/A/Name" });
    }

    [Fact]
    public void The_same_image_twice_is_no_ambiguity() => Assert.NotNull(Build(Request(Image(), Image())));

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"kind\":\"Deployment\",\"metadata\":{\"name\":\"a\"},\"spec\":{\"containers\":[{}]}}")]
    [InlineData("{\"kind\":\"Pod\",\"metadata\":{},\"spec\":{\"containers\":[{}]}}")]
    [InlineData("{\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\"},\"spec\":{\"containers\":[]}}")]
    [InlineData("{\"kind\":1,\"metadata\":{\"name\":2}}")]
    [InlineData("""{"metadata":{"name":"a","namespace":5},"spec":{"containers":[{"name":"web"}]}}""")]
    [InlineData("""{"metadata":{"name":"a"},"spec":{"containers":[{"name":"web","name":"web"}]}}""")]
    [InlineData("""{"metadata":{"name":"a"},"spec":{"containers":[{"name":"web"}],"volumes":[],"volumes":[]}}""")]
    [InlineData("""{"metadata":{"name":"a"},"spec":{"containers":[{"name":"web","image":"\ud800"}]}}""")]
    public void A_manifest_that_is_not_a_pod_is_refused(string manifest) => AssertFailure("PodManifestInvalid", Request(), manifest);

    [Fact]
    public void A_manifest_too_large_for_an_api_server_is_refused() =>
        AssertFailure("PodManifestInvalid", Request(), $$$"""{"metadata":{"name":"a","x":"{{{new string('x', 3 * 1024 * 1024)}}}"},"spec":{"containers":[{"name":"web"}]}}""");

    private static ClusterNode Node(string name) => new()
    {
        Name = name,
        Labels = new Dictionary<string, string> { ["kubernetes.io/hostname"] = $"{name}.local" },
    };

    private static RestoreRequest Request(params RestoreImage[] images) => new() { Images = images.Length == 0 ? [Image()] : images };

    private static RestoreImage Image(string reference = "registry.local:5000/restore/web:app-1") => new()
    {
        Reference = reference,
        Digest = Digest,
        LayerDigest = Digest,
        Size = 1,
        Annotations = new Dictionary<string, string>(),
        Destination = "registry.local:5000",
        IsPushed = true,
        ArchivePath = "a.tar",
        Engine = CheckpointEngine.CriO,
        TargetRuntime = CheckpointEngine.CriO,
        ContainerName = "app",
    };

    private static JsonObject Build(RestoreRequest request, string manifest = Manifest, PodPlacement? placement = null)
    {
        var original = PodDocument.Parse(new(manifest));
        return RestoreManifest.Build(request, placement ?? new() { NodeName = request.NodeName }, ImageToRestore.Of(request, null), original).Json;
    }

    private static void AssertFailure(string errorId, RestoreRequest request, string manifest = Manifest) =>
        Assert.Equal(errorId, Assert.Throws<KubeCheckpointException>(() => Build(request, manifest)).ErrorId);

    private const string Manifest = """
        {"kind":"Pod","apiVersion":"v1",
         "metadata":{"name":"web-1","generateName":"web-","namespace":"shop","uid":"u","resourceVersion":"7","creationTimestamp":"2026-11-23T06:00:00Z",
          "selfLink":"/x","finalizers":["f"],"managedFields":[{}],
          "ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web-rs","uid":"r"}],
          "labels":{"app":"web","pod-template-hash":"abc","controller-revision-hash":"x","statefulset.kubernetes.io/pod-name":"web-1",
                    "apps.kubernetes.io/pod-index":"1","job-name":"j","batch.kubernetes.io/job-name":"j"},
          "annotations":{"note":"kept","kubectl.kubernetes.io/last-applied-configuration":"{}","cni.projectcalico.org/podIP":"10.0.0.1/32",
                         "k8s.v1.cni.cncf.io/network-status":"[]","k8s.ovn.org/pod-networks":"{}","kubernetes.io/config.hash":"h"}},
         "spec":{"nodeName":"node1","nodeSelector":{"kubernetes.io/hostname":"node1","disk":"ssd"},
          "affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[
            {"matchFields":[{"key":"metadata.name","operator":"In","values":["node1"]}]}]}}},
          "serviceAccountName":"web-sa","priorityClassName":"high","priority":1000,"preemptionPolicy":"PreemptLowerPriority","fieldOfTheFuture":"kept",
          "volumes":[{"name":"scratch","emptyDir":{}},{"name":"kube-api-access-x1y2z","projected":{"sources":[]}}],
          "initContainers":[{"name":"init","image":"init:1","volumeMounts":[{"name":"kube-api-access-x1y2z","mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}]}],
          "containers":[
           {"name":"app","image":"web:1","imagePullPolicy":"Never","env":[{"name":"k","value":"v"}],"resources":{"limits":{"memory":"64Mi"}},
            "volumeMounts":[{"name":"scratch","mountPath":"/scratch"},{"name":"kube-api-access-x1y2z","mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}]},
           {"name":"side","image":"side:1","imagePullPolicy":"Never"}],
          "ephemeralContainers":[{"name":"debug","image":"d"}]},
         "status":{"phase":"Running"}}
        """;
}

using System.Globalization;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox;
using KubeCheckpoint.Tests.Engine;

namespace KubeCheckpoint.Tests.Cmdlets;

/// <summary>What cmdlets create in a cluster says what it is for, whose it is and until when, so that it is found when nobody removes it.</summary>
public sealed class OwnershipTests : IDisposable
{
    private static readonly string[] Resources = ["pods", "namespaces", "configmaps", "secrets", "serviceaccounts", "networkpolicies"];

    /// <summary>Created by the cluster itself in each namespace.</summary>
    private static readonly string[] OfTheCluster = ["kube-root-ca.crt", "default"];

    private readonly ClusterSession _session = new(new SandboxOptions { PodRetry = TimeSpan.FromMilliseconds(100) });
    private readonly Dictionary<string, JsonObject> _seen = [];
    private readonly HashSet<string> _before;

    public OwnershipTests()
    {
        _session.Cluster.AddNamespace("shop");
        _session.Cluster.AddObject("configmaps", Named("cfg", """{"data":{"a":"1"} }"""));
        _session.Cluster.AddObject("secrets", Named("tls", """{"type":"Opaque","data":{"k":"dg=="} }"""));
        _session.Cluster.AddObject("serviceaccounts", Named("web-sa", "{}"));
        _session.Cluster.AddPod(new SandboxPod("shop", "plain", "node1", new SandboxContainer("app")) { AutomountServiceAccountToken = false });
        _session.Cluster.UpdatePod("shop", "plain", pod =>
        {
            pod["spec"]!["serviceAccountName"] = "web-sa";
            pod["spec"]!["volumes"] = JsonNode.Parse("""[{"name":"cfg","configMap":{"name":"cfg"} },{"name":"tls","secret":{"secretName":"tls"} }]""");
        });
        _before = [.. Objects().Keys];
    }

    public void Dispose() => _session.Dispose();

    [Theory]
    [InlineData("Invoke-ContainerCheckpoint | Save-CheckpointArchive -Destination ./cp", "Save-CheckpointArchive", "transfer")]
    [InlineData("Test-PodRestore -Repository $repository", "Test-PodRestore", "drill drill drill drill drill drill pull transfer")]
    [InlineData("Test-PodRestore -NodeName node2 -Repository $repository -Keep", "Test-PodRestore", "drill drill drill drill drill drill transfer")]
    [InlineData("Move-Pod -NodeName node2 -Repository $repository", "Move-Pod", "freeze inspect lease move transfer transfer")]
    [InlineData("ForEach-Object { Initialize-CheckpointNode node1 -Confirm:$false }", "Initialize-CheckpointNode", "configure inspect")]
    [InlineData("ForEach-Object { Test-CheckpointSupport node1 -Deep -Repository $repository }", "Test-CheckpointSupport", "inspect proof proof transfer")]
    public void Everything_that_is_created_names_its_owner_and_its_end(string script, string cmdlet, string roles)
    {
        // No object is gone before the first deletion; later ones are seen at later deletions.
        _session.Cluster.AddFault(new SandboxFault { Server = SandboxServer.ApiServer, When = Look });

        _ = _session.Run($"$repository = $args[0]; Get-Pod plain -Namespace shop | {script}", _session.Repository).Objects;
        Look(null!);

        var created = _seen.Where(pair => !_before.Contains(pair.Key)).ToDictionary();
        Assert.Equal(roles, string.Join(' ', created.Values.Select(item => Label(item, "kubecheckpoint.io/role")).Order(StringComparer.Ordinal)));
        foreach (var (name, item) in created)
        {
            Assert.True(Label(item, "kubecheckpoint.io/cmdlet") == cmdlet, name);
            Assert.Equal(Environment.UserName, Annotation(item, "kubecheckpoint.io/user"));
            Assert.Equal(Environment.ProcessId.ToString(CultureInfo.InvariantCulture), Annotation(item, "kubecheckpoint.io/process"));
            Assert.InRange(
                DateTimeOffset.Parse(Annotation(item, "kubecheckpoint.io/expires")!, CultureInfo.InvariantCulture),
                DateTimeOffset.UtcNow.AddMinutes(1),
                DateTimeOffset.UtcNow.AddDays(2));
            if (name.StartsWith("pods/", StringComparison.Ordinal) && Label(item, "kubecheckpoint.io/role") != "move")
                Assert.InRange((int?)item["spec"]!["activeDeadlineSeconds"] ?? 0, 30, 24 * 60 * 60);
        }
    }

    [Fact]
    public void A_kept_copy_says_so_and_runs_for_a_day()
    {
        _ = _session.Run("Test-PodRestore plain -Namespace shop -Repository $args[0] -Keep", _session.Repository).Single;

        var copy = Assert.Single(_session.Cluster.Pods, pod => Label(pod, "kubecheckpoint.io/role") == "drill");
        Assert.Equal("true", Annotation(copy, "kubecheckpoint.io/kept"));
        Assert.Equal(24 * 60 * 60, (int?)copy["spec"]!["activeDeadlineSeconds"]);
    }

    [Fact]
    public void A_moved_pod_is_the_users_and_bears_no_mark()
    {
        _ = _session.Run("Move-Pod plain -Namespace shop -NodeName node2 -Repository $args[0] -Confirm:$false", _session.Repository).Single;

        var moved = Assert.Single(_session.Cluster.Pods, pod => (string?)pod["metadata"]!["name"] == "plain-moved");
        Assert.DoesNotContain("kubecheckpoint.io/", moved["metadata"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_restored_pod_bears_no_mark_even_if_the_checkpointed_one_did()
    {
        _session.Cluster.UpdatePod("shop", "plain", pod =>
        {
            pod["metadata"]!["labels"] = new JsonObject { ["kubecheckpoint.io/role"] = "drill", ["app"] = "web" };
            pod["metadata"]!["annotations"] = new JsonObject { ["kubecheckpoint.io/expires"] = "2026-01-01T00:00:00Z" };
        });

        _ = _session.Run(
            "Get-Pod plain -Namespace shop | Invoke-ContainerCheckpoint | Save-CheckpointArchive ./cp | Restore-Pod -NodeName node2 -Repository $args[0]",
            _session.Repository).Single;

        var restored = Assert.Single(_session.Cluster.Pods, pod => (string?)pod["metadata"]!["name"] == "plain-restored");
        Assert.Equal("web", Label(restored, "app"));
        Assert.DoesNotContain("kubecheckpoint.io/", restored["metadata"]!.ToJsonString(), StringComparison.Ordinal);
    }

    private bool Look(SandboxRequest request)
    {
        lock (_seen)
        {
            foreach (var (key, item) in Objects())
            {
                // As it was created: a move removes its marks again.
                _seen.TryAdd(key, item);
            }
        }
        return false;
    }

    private Dictionary<string, JsonObject> Objects() => Resources
        .SelectMany(resource => _session.Cluster.Objects(resource).Select(item => (Key: $"{resource}/{Metadata(item, "namespace")}/{Metadata(item, "name")}", Item: item)))
        .Where(pair => !OfTheCluster.Contains(Metadata(pair.Item, "name")) && Metadata(pair.Item, "name") != "kube-checkpoint")
        .ToDictionary(pair => pair.Key, pair => pair.Item);

    private static string? Metadata(JsonObject item, string name) => (string?)item["metadata"]![name];

    private static string? Label(JsonObject item, string name) => (string?)item["metadata"]!["labels"]?[name];

    private static string? Annotation(JsonObject item, string name) => (string?)item["metadata"]!["annotations"]?[name];

    private static JsonObject Named(string name, string content)
    {
        var item = JsonNode.Parse(content)!.AsObject();
        item["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "shop" };
        return item;
    }
}

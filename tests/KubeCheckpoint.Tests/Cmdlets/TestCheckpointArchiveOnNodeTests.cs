using System.Diagnostics;
using System.Management.Automation;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using KubeCheckpoint.Sandbox;
using KubeCheckpoint.Tests.Engine;
using static KubeCheckpoint.Tests.Engine.ObjectProperties;

namespace KubeCheckpoint.Tests.Cmdlets;

/// <summary>Test-CheckpointArchive -NodeName: whether an archive can be restored on a node.</summary>
public sealed partial class TestCheckpointArchiveOnNodeTests : IDisposable
{
    private readonly List<IDisposable> _opened = [];

    public void Dispose() => _opened.ForEach(item => item.Dispose());

    [Theory]
    [InlineData("crio-counter.tar", SandboxRuntime.CriO)]
    [InlineData("containerd-counter.tar", SandboxRuntime.Containerd)]
    public void An_archive_can_be_restored_on_a_similar_node(string archive, SandboxRuntime runtime)
    {
        var session = Open(new SandboxNode("n", runtime));

        var result = session.Run("Test-CheckpointArchive $args[0] -NodeName n", Rewritten(session, archive, WithoutRegistry)).Single;

        Assert.Equal(("True", "n"), (Text(result, "CanRestore"), Text(result, "NodeName")));
        Assert.DoesNotContain(CheckView.All(result), check => check.Outcome == "Failed");
        Assert.Equal("Passed", Check(result, "CpuFeatures").Outcome);
        Assert.Equal("Passed", Check(result, "BaseImage").Outcome);
    }

    [Theory]
    [InlineData("crio-counter.tar", SandboxRuntime.Containerd, "Containerd")]
    [InlineData("containerd-counter.tar", SandboxRuntime.CriO, "CriO")]
    [InlineData("podman-counter-zstd.tar.zst", SandboxRuntime.CriO, "CriO")]
    public void Another_runtime_requires_a_converted_image(string archive, SandboxRuntime runtime, string target)
    {
        var check = Check(Test(archive, new SandboxNode("n", runtime)), "RuntimeFamily");

        Assert.Equal("Warning", check.Outcome);
        Assert.Contains($"New-RestoreImage -TargetRuntime {target}", check.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_processor_without_the_registers_in_use_prevents_a_restore()
    {
        var node = new SandboxNode("n", SandboxRuntime.CriO) { Host = new() { CpuFlags = ["fpu", "sse", "avx", "avx2"], SignalStackSize = 1776 } };

        var result = Test("crio-counter.tar", node);

        Assert.Equal("False", Text(result, "CanRestore"));
        Assert.Contains("AVX-512", Check(result, "CpuFeatures").Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PageSize", "Failed")]
    [InlineData("CgroupVersion", "Failed")]
    [InlineData("Architecture", "Failed")]
    [InlineData("Criu", "Failed")]
    [InlineData("Kernel", "Warning")]
    [InlineData("Disk", "Failed")]
    [InlineData("NodeReady", "Failed")]
    [InlineData("NodePressure", "Failed")]
    [InlineData("RuntimeRestore", "Failed")]
    public void Differences_of_the_node_are_reported(string name, string outcome)
    {
        var node = new SandboxNode("n", SandboxRuntime.CriO);
        node = name switch
        {
            "PageSize" => node with { Host = node.Host with { PageSize = 65536 } },
            "CgroupVersion" => node with { Host = node.Host with { CgroupVersion = 2 } },
            "Architecture" => node with { Architecture = "arm64" },
            "Criu" => node with { Host = node.Host with { CriuVersion = null } },
            "Kernel" => node with { KernelVersion = "5.14.0-503.el9" },
            "Disk" => node with { AvailableBytes = 100_000 },
            "NodeReady" => node with { Ready = false },
            "NodePressure" => node with { Pressures = ["PIDPressure"] },
            _ => node with { RuntimeVersion = "containerd://2.4.1" },
        };

        var check = Check(Test("crio-counter.tar", node), name);

        Assert.Equal(outcome, check.Outcome);
        Assert.NotNull(check.Remedy);
    }

    [Fact]
    public void Locks_are_restored_if_the_runtime_or_the_node_tells_criu_to()
    {
        var session = Open(
            new SandboxNode("crio", SandboxRuntime.CriO),
            new SandboxNode("ctrd", SandboxRuntime.Containerd),
            new SandboxNode("told", SandboxRuntime.Containerd) { Host = new() { Files = new Dictionary<string, string> { ["/etc/criu/runc.conf"] = "file-locks\n" } } });

        var outcomes = session.Run("Test-CheckpointArchive $args[0] -NodeName *", Fixture.Archive("zoo-crio.tar")).Objects
            .ToDictionary(result => Text(result, "NodeName")!, result => Check(result, "FileLocks").Outcome);

        Assert.Equal(("Passed", "Failed", "Passed"), (outcomes["crio"], outcomes["ctrd"], outcomes["told"]));
    }

    [Fact]
    public void What_is_not_in_the_archive_is_reported()
    {
        var zoo = Test("zoo-crio.tar", new SandboxNode("n", SandboxRuntime.CriO));
        var multi = Test("crio-multi-a.tar", new SandboxNode("n", SandboxRuntime.CriO));

        Assert.Equal(("False", "Failed"), (Text(zoo, "CanRestore"), Check(zoo, "SharedMemory").Outcome));
        Assert.Contains("/dev/shm/zoo-shm", Check(zoo, "SharedMemory").Detail, StringComparison.Ordinal);
        Assert.Equal("Warning", Check(multi, "EmptyDirs").Outcome);
        Assert.Contains("/scratch", Check(multi, "EmptyDirs").Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("containerd-counter.tar", "False", "Failed", "Failed")]
    [InlineData("crio-counter.tar", "False", "Failed", "Skipped")]
    public void A_terminal_is_not_restored_by_cri_o(string fixture, string canRestore, string terminal, string conversion)
    {
        var session = Open(new SandboxNode("crio", SandboxRuntime.CriO), new SandboxNode("ctrd", SandboxRuntime.Containerd));
        var archive = Rewritten(session, fixture, text => Process().Replace(WithoutRegistry(text), "$0\"terminal\":true,"));

        var results = session.Run("Test-CheckpointArchive $args[0] -NodeName crio, ctrd", archive).Objects.OrderBy(result => Text(result, "NodeName"), StringComparer.Ordinal).ToList();

        Assert.Equal((canRestore, terminal, conversion), (Text(results[0], "CanRestore"), Check(results[0], "Terminal").Outcome, Check(results[0], "Conversion").Outcome));
        Assert.Equal(("True", "Passed"), (Text(results[1], "CanRestore"), Check(results[1], "Terminal").Outcome));
    }

    [Fact]
    public void A_container_in_the_pid_namespace_of_its_node_cannot_be_restored()
    {
        var session = Open(new SandboxNode("n", SandboxRuntime.CriO));
        var archive = Rewritten(session, "crio-counter.tar", text =>
        {
            var json = JsonNode.Parse(text)!;
            if (json["linux"]?["namespaces"] is JsonArray namespaces)
                namespaces.Remove(namespaces.First(one => (string?)one!["type"] == "pid"));
            return json.ToJsonString();
        });

        var result = session.Run("Test-CheckpointArchive $args[0] -NodeName n -NoHelper", archive).Single;

        Assert.Equal(("False", "Failed"), (Text(result, "CanRestore"), Check(result, "PidNamespace").Outcome));
    }

    [Fact]
    public void Reasons_against_a_conversion_are_reported()
    {
        var session = Open(new SandboxNode("crio", SandboxRuntime.CriO), new SandboxNode("ctrd", SandboxRuntime.Containerd));

        var results = session.Run("Test-CheckpointArchive $args[0] -NodeName crio, ctrd", Fixture.Archive("crio-redis.tar")).Objects
            .OrderBy(result => Text(result, "NodeName"), StringComparer.Ordinal).ToList();
        var podman = session.Run("Test-CheckpointArchive $args[0] -NodeName crio", Fixture.Archive("podman-counter-none.tar")).Single;

        Assert.Equal(("Skipped", "Passed"), (Check(results[0], "Conversion").Outcome, Check(results[1], "Conversion").Outcome));
        Assert.Equal("Failed", Check(podman, "Conversion").Outcome);
        Assert.Contains("not in a registry", Check(podman, "Conversion").Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_helper_nothing_is_created_and_facts_of_the_node_are_unknown()
    {
        var session = Open(new SandboxNode("n", SandboxRuntime.CriO));

        var result = session.Run("Test-CheckpointArchive $args[0] -NodeName n -NoHelper", Fixture.Archive("crio-counter.tar")).Single;

        Assert.Null(Text(result, "CanRestore"));
        Assert.All(["CpuFeatures", "Criu", "CgroupVersion"], name => Assert.Equal("Unknown", Check(result, name).Outcome));
        Assert.DoesNotContain(session.Cluster.Requests, MakesPod);
    }

    [Fact]
    public void A_namespace_without_host_paths_still_shows_the_processor()
    {
        var session = Opened(new ClusterSession(new SandboxOptions { EnforcePodSecurity = true }));

        var result = session.Run("Test-CheckpointArchive $args[0] -NodeName node1 -HelperNamespace default", Fixture.Archive("crio-counter.tar")).Single;

        Assert.Equal(("Passed", "Unknown"), (Check(result, "CpuFeatures").Outcome, Check(result, "Criu").Outcome));
        Assert.Contains("PodSecurity", Check(result, "Criu").Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_helper_that_cannot_start_leaves_the_node_unknown_without_an_error()
    {
        var session = Open(new SandboxNode("n", SandboxRuntime.CriO));

        var result = session.Run("Test-CheckpointArchive $args[0] -NodeName n -HelperImage registry.invalid/no:image", Fixture.Archive("crio-counter.tar")).Single;

        Assert.Equal((null, "Unknown"), (Text(result, "CanRestore"), Check(result, "CpuFeatures").Outcome));
        Assert.Contains("registry.invalid", Check(result, "CpuFeatures").Detail, StringComparison.Ordinal);
        AssertNothingIsLeft(session);
    }

    [Fact]
    public void A_node_is_inspected_once_for_all_archives()
    {
        var session = Open(new SandboxNode("a", SandboxRuntime.CriO), new SandboxNode("b", SandboxRuntime.Containerd));

        var results = session.Run("Test-CheckpointArchive $args[0], $args[1] -NodeName a, b", Fixture.Archive("crio-counter.tar"), Fixture.Archive("containerd-redis.tar")).Objects;

        Assert.Equal(4, results.Count);
        Assert.Equal(2, session.Cluster.Requests.Count(MakesPod));
        AssertNothingIsLeft(session);
    }

    [Fact]
    public void References_of_the_pod_are_looked_up_in_the_target_namespace()
    {
        var session = Open(new SandboxNode("n", SandboxRuntime.CriO));
        session.Cluster.AddNamespace("shop");
        session.Cluster.AddObject("configmaps", new JsonObject { ["metadata"] = new JsonObject { ["name"] = "settings", ["namespace"] = "shop" }, ["data"] = new JsonObject() });
        session.Cluster.AddObject("secrets", new JsonObject { ["metadata"] = new JsonObject { ["name"] = "keys", ["namespace"] = "shop" }, ["data"] = new JsonObject { ["k"] = "c2VjcmV0" } });
        session.Cluster.AddObject("persistentvolumeclaims", Claim("shop", "data", "pv-1"));
        session.Cluster.AddObject("persistentvolumes", Volume("pv-1", "other"));
        var archive = WithManifest(session);

        var there = session.Run("Test-CheckpointArchive $args[0] -NodeName n -NoHelper -Namespace shop", archive).Single;
        var nowhere = session.Run("Test-CheckpointArchive $args[0] -NodeName n -NoHelper", archive).Single;

        Assert.Equal("Passed", Check(there, "References").Outcome);
        Assert.Equal("Failed", Check(there, "VolumeClaim").Outcome);
        Assert.Contains("pv-1", Check(there, "VolumeClaim").Detail, StringComparison.Ordinal);
        Assert.Equal(("Failed", "Failed"), (Check(nowhere, "References").Outcome, Check(nowhere, "VolumeClaim").Outcome));
        Assert.Contains("secret 'keys'", Check(nowhere, "References").Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("optional", Check(nowhere, "References").Detail, StringComparison.Ordinal);
        Assert.Equal("Warning", Check(nowhere, "HostNetwork").Outcome);
        Assert.Equal("Passed", Check(nowhere, "PodManifest").Outcome);
    }

    [Fact]
    public void A_tag_that_moved_is_noticed_in_the_registry()
    {
        var session = Open(new SandboxNode("n", SandboxRuntime.CriO));
        var image = session.Run("New-RestoreImage $args[0] -Reference $args[1]", Fixture.Archive("crio-counter.tar"), $"{session.Cluster.RegistryAddress}/app:1").Single;
        string Archive(string digest) => Rewritten(session, "crio-counter.tar", text => text
            .Replace("127.0.0.1:5000/counter:1", $"{session.Cluster.RegistryAddress}/app:1", StringComparison.Ordinal)
            .Replace("sha256:28f8ec0eefae275ee8cc1945f3f86ae6eef0b4e4d9669fb62b872328f5b6b58f", digest, StringComparison.Ordinal));

        CheckView Tag(string digest) => Check(session.Run("Test-CheckpointArchive $args[0] -NodeName n -NoHelper", Archive(digest)).Single, "ImageTag");

        Assert.Equal("Passed", Tag(Text(image, "Digest")!).Outcome);
        Assert.Equal("Warning", Tag("sha256:" + new string('a', 64)).Outcome);
    }

    [Theory]
    [InlineData("2.1.9", "Failed")]
    [InlineData("2.2.7", "Warning")]
    [InlineData("2.3.3", "Failed")]
    [InlineData("2.3.4", "Warning")]
    public void An_image_missing_in_its_registry_cannot_be_pulled_by_containerd(string version, string expected)
    {
        var session = Open(new SandboxNode("n", SandboxRuntime.Containerd) { RuntimeVersion = $"containerd://{version}" });
        var archive = Rewritten(session, "containerd-counter.tar", text => text
            .Replace("127.0.0.1:5000/counter", $"{session.Cluster.RegistryAddress}/lost", StringComparison.Ordinal));

        var tag = Check(session.Run("Test-CheckpointArchive $args[0] -NodeName n -NoHelper", archive).Single, "ImageTag");

        Assert.Equal(expected, tag.Outcome);
    }

    [Fact]
    public void Quiet_returns_only_a_boolean()
    {
        var session = Open(new SandboxNode("good", SandboxRuntime.CriO), new SandboxNode("bad", SandboxRuntime.CriO) { Host = new() { CgroupVersion = 2 } });

        Assert.Equal(true, session.Run("Test-CheckpointArchive $args[0] -NodeName good -Quiet", Fixture.Archive("crio-counter.tar")).Single.BaseObject);
        Assert.Equal(false, session.Run("Test-CheckpointArchive $args[0] -NodeName bad -Quiet", Fixture.Archive("crio-counter.tar")).Single.BaseObject);
        Assert.Equal(false, session.Run("Test-CheckpointArchive $args[0] -NodeName good -Quiet -NoHelper", Fixture.Archive("crio-counter.tar")).Single.BaseObject);
    }

    [Fact]
    public void Archives_come_from_the_pipeline_and_damaged_ones_are_errors()
    {
        var session = Open(new SandboxNode("n", SandboxRuntime.CriO));
        File.WriteAllBytes(Path.Combine(session.Folder, "cut.tar"), File.ReadAllBytes(Fixture.Archive("crio-counter.tar"))[..5000]);

        Assert.Equal("True", Text(session.Run("Get-CheckpointArchive $args[0] | Test-CheckpointArchive -NodeName n", Fixture.Archive("crio-counter.tar")).Single, "CanRestore"));
        var outcome = session.Run("Test-CheckpointArchive ./cut.tar, $args[0] -NodeName n", Fixture.Archive("crio-counter.tar"));
        Assert.Equal("ArchiveTruncated", outcome.ErrorId);
        Assert.Single(outcome.Output);
        Assert.Equal("NodeNotFound", session.Run("Test-CheckpointArchive $args[0] -NodeName nope", Fixture.Archive("crio-counter.tar")).ErrorId);
    }

    [Fact]
    public void WhatIf_creates_no_pod_and_still_makes_the_other_checks()
    {
        var session = Open(new SandboxNode("n", SandboxRuntime.CriO));

        var result = session.Run("Test-CheckpointArchive $args[0] -NodeName n -WhatIf", Fixture.Archive("crio-counter.tar")).Single;

        Assert.Equal("Passed", Check(result, "RuntimeFamily").Outcome);
        Assert.DoesNotContain(session.Cluster.Requests, MakesPod);
    }

    [Fact]
    public void Stopping_takes_a_second_and_leaves_no_pod()
    {
        var session = Opened(new ClusterSession(new SandboxOptions { PodStep = TimeSpan.FromMinutes(1) }));
        using var shell = session.Session.Prepare("Test-CheckpointArchive $args[0] -NodeName node1", Fixture.Archive("crio-counter.tar"));
        var running = shell.BeginInvoke();
        Assert.True(SpinWait.SpinUntil(() => session.Cluster.Requests.Any(MakesPod), TimeSpan.FromSeconds(60)));

        var watch = Stopwatch.StartNew();
        shell.Stop();

        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(3), $"It took {watch.Elapsed}.");
        Assert.Throws<PipelineStoppedException>(() => shell.EndInvoke(running));
        AssertNothingIsLeft(session);
    }

    [Fact]
    public void The_view_looks_like_kubectl()
    {
        var session = Open(new SandboxNode("n", SandboxRuntime.Containerd));

        var shown = string.Join('\n', session.Session.Show("Test-CheckpointArchive $args[0] -NodeName n -KubeConfig $args[1]", Fixture.Archive("zoo-crio.tar"), session.Cluster.KubeConfigPath));

        Assert.Matches(@"NAMESPACE +POD +CONTAINER +NODE +RUNTIME +RESTORE +REASON", shown);
        Assert.Matches(@"default +zoo +zoo +n +Containerd 2.1.9 +no +FileLocks, SharedMemory", shown);
    }

    private static bool MakesPod(SandboxRequest request) =>
        request.Server == SandboxServer.ApiServer && ClusterSession.CreatesPod(request);

    private static CheckView Check(PSObject support, string name) => CheckView.Of(support, name);

    private static void AssertNothingIsLeft(ClusterSession session) =>
        Assert.DoesNotContain(session.Cluster.Pods, pod => pod["metadata"]!["name"]!.ToString().StartsWith("kubecheckpoint-", StringComparison.Ordinal));

    private PSObject Test(string archive, SandboxNode node) => Open(node).Run("Test-CheckpointArchive $args[0] -NodeName n", Fixture.Archive(archive)).Single;

    private static JsonObject Claim(string ns, string name, string volume) => JsonNode.Parse($$"""
        {"metadata":{"name":"{{name}}","namespace":"{{ns}}"},"spec":{"accessModes":["ReadWriteOnce"],"volumeName":"{{volume}}"},"status":{"phase":"Bound"} }
        """)!.AsObject();

    private static JsonObject Volume(string name, string node) => JsonNode.Parse($$"""
        {"metadata":{"name":"{{name}}"},"spec":{"nodeAffinity":{"required":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"kubernetes.io/hostname","operator":"In","values":["{{node}}"]}]}]} } } }
        """)!.AsObject();

    private static string WithManifest(ClusterSession session)
    {
        var path = Path.Combine(session.Folder, "counter.tar");
        File.Copy(Fixture.Archive("crio-counter.tar"), path);
        File.WriteAllText(path + ".pod.json", """
            {"kind":"Pod","metadata":{"name":"counter","namespace":"default"},"spec":{"hostNetwork":true,"containers":[{"name":"counter","envFrom":[{"configMapRef":{"name":"settings"}},{"secretRef":{"name":"optional","optional":true}}]}],
             "volumes":[{"name":"a","secret":{"secretName":"keys"}},{"name":"b","persistentVolumeClaim":{"claimName":"data"}}]}}
            """);
        return path;
    }

    /// <summary>An archive in whose JSON text is replaced.</summary>
    private static string Rewritten(ClusterSession session, string fixture, Func<string, string> change)
    {
        var path = Path.Combine(session.Folder, $"{Guid.NewGuid():n}.tar");
        using var reader = new System.Formats.Tar.TarReader(File.OpenRead(Fixture.Archive(fixture)));
        using var writer = new System.Formats.Tar.TarWriter(File.Create(path));
        while (reader.GetNextEntry(copyData: true) is { } entry)
        {
            if (entry.Name is "config.dump" or "spec.dump")
                entry.DataStream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(change(new StreamReader(entry.DataStream!).ReadToEnd())));
            writer.WriteEntry(entry);
        }
        return path;
    }

    // This machine may have a registry at the fixtures' address that does not have their images.
    private static string WithoutRegistry(string text) => text.Replace("127.0.0.1:5000", "127.0.0.1:1", StringComparison.Ordinal);

    [GeneratedRegex("\"process\": *{")]
    private static partial Regex Process();

    private ClusterSession Open(params SandboxNode[] nodes) => Opened(new ClusterSession(new SandboxOptions { Nodes = nodes, DefaultPods = false }));

    private T Opened<T>(T item)
        where T : IDisposable
    {
        _opened.Add(item);
        return item;
    }
}

using System.Text;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Cluster;

namespace KubeCheckpoint.Sandbox.Tests;

/// <summary>Tests that pods can be held still through their cgroups, as on real nodes.</summary>
public sealed class HoldTests : IAsyncLifetime
{
    private SandboxCluster _cluster = null!;
    private Caller _admin = null!;

    public async Task InitializeAsync()
    {
        _cluster = await SandboxCluster.StartAsync(new SandboxOptions
        {
            DefaultPods = false,
            PodStep = TimeSpan.FromMilliseconds(5),
            DumpStep = TimeSpan.FromMilliseconds(100),
            CheckpointDelay = TimeSpan.Zero,
            HoldWindow = TimeSpan.FromSeconds(60),
            PodTermination = TimeSpan.FromMilliseconds(20),
            Nodes =
            [
                new("v1", SandboxRuntime.CriO),
                new("v2", SandboxRuntime.Containerd) { Host = new() { CgroupVersion = 2 } },
                new("plain", SandboxRuntime.CriO) { Host = new() { CgroupDriver = SandboxCgroupDriver.Cgroupfs } },
                new("slices", SandboxRuntime.Containerd) { Host = new() { CgroupDriver = SandboxCgroupDriver.Systemd, CgroupVersion = 2 } },
            ],
        });
        _admin = Caller.WithToken(_cluster, "admin");
    }

    public async Task DisposeAsync()
    {
        _admin.Dispose();
        await _cluster.DisposeAsync();
    }

    [Theory]
    [InlineData("v1", "freezer/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-podUID_.slice/crio-ID.scope")]
    [InlineData("v2", "kubepods/besteffort/podUID/ID")]
    [InlineData("plain", "freezer/kubepods/besteffort/podUID/ID")]
    [InlineData("slices", "kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-podUID_.slice/cri-containerd-ID.scope")]
    public async Task The_cgroup_of_a_container_has_the_name_that_its_runtime_gives_it(string node, string path)
    {
        var pod = AddWriter(node);
        var uid = (string)pod["metadata"]!["uid"]!;
        var folder = Path.Join(_cluster.NodeFile(node, "/sys/fs/cgroup"), path.Replace("UID_", uid.Replace('-', '_'), StringComparison.Ordinal).Replace("UID", uid, StringComparison.Ordinal).Replace("ID", ContainerId(), StringComparison.Ordinal));
        Assert.True(File.Exists(Path.Join(folder, "cgroup.procs")), folder);
        _cluster.RemovePod("default", "p");
        await Eventually.TrueAsync(() => !Directory.Exists(Path.GetDirectoryName(folder)), "the cgroups have gone");
    }

    [Theory]
    [InlineData("v1")]
    [InlineData("v2")]
    public async Task What_is_held_at_the_end_of_its_dump_continues_in_the_copy_without_a_loss(string node)
    {
        AddWriter(node);
        await StartHelperAsync(node);
        await Eventually.TrueAsync(() => Writer().Acknowledged > 2, "it writes");
        var watch = _admin.ExecAsync("default", "helper", ["sh", "-c", Watch(node)]);
        await CheckpointAsync(node);
        Assert.Equal("FROZEN\nTHAWED\nFROZEN", Encoding.UTF8.GetString((await watch).Output).Trim());
        var held = Writer();
        Assert.True(held.IsHeld);
        var copy = await RestoreAsync(node);
        await Eventually.TrueAsync(() => copy().Acknowledged > held.Acknowledged + 2, "the copy goes on");
        Assert.Equal(held.Acknowledged, copy().RestoredWith);
        Assert.Equal(held, Writer());
    }

    [Fact]
    public async Task What_is_not_held_runs_on_after_its_dump()
    {
        await using var cluster = await SandboxCluster.StartAsync(new SandboxOptions { DefaultPods = false, HoldWindow = TimeSpan.Zero });
        cluster.AddPod(new SandboxPod("default", "p", "node1", new SandboxContainer("main") { Writes = true }));
        using var admin = Caller.WithToken(cluster, "admin");
        Assert.Equal(200, (await admin.SendAsync(HttpMethod.Post, "/api/v1/nodes/node1/proxy/checkpoint/default/p/main")).Status);
        var after = cluster.Writers.Single().Acknowledged;
        await Eventually.TrueAsync(() => cluster.Writers.Single().Acknowledged > after, "it runs on");
    }

    [Fact]
    public async Task A_container_whose_own_cgroup_is_frozen_cannot_be_paused()
    {
        AddWriter("v1");
        await StartHelperAsync("v1");
        await RunAsync($"echo FROZEN > {Container("v1")}/freezer.state");
        await Eventually.TrueAsync(() => Writer().IsHeld, "held");
        var response = await _admin.SendAsync(HttpMethod.Post, "/api/v1/nodes/v1/proxy/checkpoint/default/p/main");
        Assert.Equal(500, response.Status);
        Assert.Contains("OCI runtime pause failed: container not running", response.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_container_that_is_frozen_by_itself_stays_so_when_its_pod_is_thawed()
    {
        AddWriter("v1");
        await StartHelperAsync("v1");
        var container = Container("v1");
        await RunAsync($"echo FROZEN > {container}/../freezer.state");
        await Eventually.TrueAsync(() => Read(container, "freezer.parent_freezing") == "1" && Read(container, "freezer.state") == "FROZEN", "held by its pod");
        Assert.Equal("0", Read(container, "freezer.self_freezing"));
        await RunAsync($"echo FROZEN > {container}/freezer.state; echo THAWED > {container}/../freezer.state");
        await Eventually.TrueAsync(() => Read(container, "freezer.parent_freezing") == "0", "the pod is thawed");
        Assert.Equal("1 FROZEN", $"{Read(container, "freezer.self_freezing")} {Read(container, "freezer.state")}");
        var held = Writer();
        Assert.True(held.IsHeld);
        await RunAsync($"echo THAWED > {container}/freezer.state");
        await Eventually.TrueAsync(() => Writer().Acknowledged > held.Acknowledged, "it goes on where it was");
    }

    [Fact]
    public async Task A_frozen_pod_stays_until_it_is_thawed_and_takes_its_signals_then()
    {
        AddWriter("v1");
        await StartHelperAsync("v1");
        await RunAsync($"echo FROZEN > {Container("v1")}/../freezer.state");
        await Eventually.TrueAsync(() => Writer().IsHeld, "held");
        var held = Writer();
        await _admin.SendAsync(HttpMethod.Delete, "/api/v1/namespaces/default/pods/p?gracePeriodSeconds=1");
        var status = $"read -r p < {Container("v1")}/cgroup.procs; while read -r k v; do case $k in ShdPnd:) echo \"$v\"; esac; done < /proc/$p/status";
        await Eventually.TrueAsync(() => RunAsync(status).GetAwaiter().GetResult().Trim() == "0000000000004100", "both signals are pending");
        Assert.Contains(_cluster.Pods, pod => (string)pod["metadata"]!["name"]! == "p");
        await RunAsync($"echo THAWED > {Container("v1")}/../freezer.state");
        await Eventually.TrueAsync(() => _cluster.Pods.All(pod => (string)pod["metadata"]!["name"]! != "p"), "gone");
        Assert.Equal(held with { IsHeld = false, End = SandboxWriterEnd.Killed }, Writer());
    }

    [Theory]
    [InlineData("v1", "read -r p < CONTAINER/cgroup.procs; kill -9 $p")]
    [InlineData("v2", "echo 1 > CONTAINER/cgroup.kill")]
    public async Task A_killed_container_starts_again_from_the_beginning(string node, string kill)
    {
        AddWriter(node);
        await StartHelperAsync(node);
        await Eventually.TrueAsync(() => Writer().Acknowledged > 2, "it writes");
        await RunAsync(kill.Replace("CONTAINER", Container(node), StringComparison.Ordinal));
        await Eventually.TrueAsync(() => _cluster.Writers.Count == 2, "it starts again");
        Assert.Equal(SandboxWriterEnd.Killed, Writer().End);
        Assert.Equal(0, _cluster.Writers[1].RestoredWith);
        await Eventually.TrueAsync(() => (int)Manifests.Status(_cluster, "p")!["containerStatuses"]![0]!["restartCount"]! == 1 && Manifests.IsReady(_cluster, "p"), "restarted");
    }

    [Fact]
    public async Task What_is_held_for_too_long_for_its_liveness_probe_is_killed()
    {
        AddWriter("v2", adjust: pod => pod["spec"]!["containers"]![0]!["livenessProbe"] = JsonNode.Parse("""{"periodSeconds":1,"failureThreshold":1}"""));
        await StartHelperAsync("v2");
        await RunAsync($"echo 1 > {Container("v2")}/../cgroup.freeze");
        await Eventually.TrueAsync(() => Writer().End == SandboxWriterEnd.Killed, "killed");
        Assert.True(Writer().FailedLiveness);
        await Eventually.TrueAsync(() => _cluster.Events.Any(recorded => (string?)recorded["message"] == "Container main failed liveness probe, will be restarted"), "the event");
    }

    [Fact]
    public async Task A_copy_needs_the_volume_as_it_was_at_the_end_of_the_dump()
    {
        AddWriter("v1", "/data/log");
        await StartHelperAsync("v1");
        await Eventually.TrueAsync(() => Writer().Acknowledged > 2, "it writes");
        var watch = _admin.ExecAsync("default", "helper", ["sh", "-c", Watch("v1")]);
        await CheckpointAsync("v1");
        await watch;
        var lines = Path.Join(_cluster.VolumeFolder("default", "p", "data"), "log");
        var before = await File.ReadAllTextAsync(lines);
        Assert.Equal(string.Concat(Enumerable.Range(1, (int)Writer().Acknowledged).Select(number => $"{number}\n")), before);
        var copy = await RestoreAsync("v1", ready: false, "data");
        await Eventually.TrueAsync(() => Manifests.Waiting(_cluster, "copy").Message.Contains("Can't open file data/log on restore", StringComparison.Ordinal), "refused");
        File.Copy(lines, Path.Join(_cluster.VolumeFolder("default", "copy", "data"), "log"));
        await Eventually.TrueAsync(() => Manifests.IsReady(_cluster, "copy"), "restored");
        await Eventually.TrueAsync(() => _cluster.Writers.Count == 2 && copy().Acknowledged > Writer().Acknowledged, "it goes on");
        Assert.StartsWith(before + $"{Writer().Acknowledged + 1}\n", await File.ReadAllTextAsync(Path.Join(_cluster.VolumeFolder("default", "copy", "data"), "log")), StringComparison.Ordinal);
    }

    private string Watch(string node)
    {
        (var state, var frozen) = node == "v1" ? ("freezer.state", "FROZEN") : ("cgroup.freeze", "1");
        return "c=$(find /sys/fs/cgroup -type d -name '*CONTAINER*' ! -name '*conmon*'); s=THAWED; n=0; while [ $n -lt 3 ]; do read -r t < \"$c\"/STATE; "
            .Replace("CONTAINER", ContainerId(), StringComparison.Ordinal).Replace("STATE", state, StringComparison.Ordinal)
            + "case $t in 1) t=FROZEN;; 0) t=THAWED;; FREEZING) continue;; esac; if [ \"$t\" != $s ]; then echo $t; s=$t; n=$((n+1)); fi; done; "
            + $"echo {frozen} > \"$c\"/../{state}";
    }

    private string ContainerId() => Manifests.Status(_cluster, "p")!["containerStatuses"]![0]!["containerID"]!.GetValue<string>().Split("://")[1];

    private SandboxWriter Writer() => _cluster.Writers[0];

    private string Container(string node)
    {
        var root = _cluster.NodeFile(node, "/sys/fs/cgroup");
        var folder = Directory.GetDirectories(root, $"*{ContainerId()}*", SearchOption.AllDirectories).Single(path => !path.Contains("conmon", StringComparison.Ordinal));
        return "/sys/fs/cgroup" + folder[root.Length..];
    }

    private string Read(string folder, string name) => File.ReadAllText(_cluster.NodeFile("v1", Path.Join(folder, name))).Trim();

    private JsonObject AddWriter(string node, string file = "", Action<JsonObject>? adjust = null)
    {
        var container = new SandboxContainer("main") { Writes = true, WritesTo = file };
        if (file.Length == 0)
            return _cluster.AddPod(new SandboxPod("default", "p", node, container) { Adjust = adjust });
        var mounted = container with { Mounts = new Dictionary<string, string> { ["data"] = "/data" } };
        return _cluster.AddPod(new SandboxPod("default", "p", node, mounted) { EmptyDirs = ["data"], Adjust = adjust });
    }

    private async Task StartHelperAsync(string node)
    {
        var pod = Manifests.Pod("helper", node: node);
        pod["spec"]!["hostPID"] = true;
        pod["spec"]!["volumes"] = JsonNode.Parse("""[{"name": "cgroups", "hostPath": {"path": "/sys/fs/cgroup", "type": "Directory"} }]""");
        pod["spec"]!["containers"]![0]!["volumeMounts"] = JsonNode.Parse("""[{"name": "cgroups", "mountPath": "/sys/fs/cgroup"}]""");
        await _admin.PostAsync("/api/v1/namespaces/default/pods", pod);
        await Eventually.TrueAsync(() => Manifests.IsReady(_cluster, "helper"), "the helper pod runs");
    }

    private async Task<string> RunAsync(string script)
    {
        (var output, var error, var status) = await _admin.ExecAsync("default", "helper", ["sh", "-c", script]);
        Assert.True((string?)status!["status"] == "Success", error);
        return Encoding.UTF8.GetString(output);
    }

    private async Task CheckpointAsync(string node)
    {
        var response = await _admin.SendAsync(HttpMethod.Post, $"/api/v1/nodes/{node}/proxy/checkpoint/default/p/main");
        Assert.True(response.Status == 200, response.Body);
    }

    private async Task<Func<SandboxWriter>> RestoreAsync(string node, bool ready = true, params string[] volumes)
    {
        var archive = Directory.GetFiles(_cluster.CheckpointFolder(node)).Single();
        var image = await ImagePusher.PushAsync(_cluster, "copy", archive, [node == "v1" ? ImagePusher.CriO : ImagePusher.Containerd]);
        var pod = Manifests.Pod("copy", image, node, "main");
        pod["spec"]!["automountServiceAccountToken"] = false;
        if (volumes.Length > 0)
        {
            pod["spec"]!["volumes"] = JsonNode.Parse("""[{"name": "data", "emptyDir": {} }]""");
            pod["spec"]!["containers"]![0]!["volumeMounts"] = JsonNode.Parse("""[{"name": "data", "mountPath": "/data"}]""");
        }
        await _admin.PostAsync("/api/v1/namespaces/default/pods", pod);
        if (ready)
            await Eventually.TrueAsync(() => Manifests.IsReady(_cluster, "copy") && _cluster.Writers.Count == 2, "restored");
        return () => _cluster.Writers[1];
    }
}

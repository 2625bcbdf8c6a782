using System.Formats.Tar;
using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.Cluster;

namespace KubeCheckpoint.Sandbox.Tests;

public sealed class KubeletTests
{
    private static readonly string[] Rewritten = ["config.dump", "spec.dump", "status.dump", "bind.mounts"];

    [Theory]
    [InlineData("node1", "shop", "web-1", "app", "crio-counter.tar")]
    [InlineData("node1", "shop", "multi", "b", "crio-multi-a.tar")]
    [InlineData("node3", "default", "counter", "counter", "containerd-counter.tar")]
    public async Task An_archive_is_the_fixture_with_the_pods_identity(string node, string ns, string podName, string container, string fixture)
    {
        await using var cluster = await SandboxCluster.StartAsync();
        var path = await CheckpointAsync(cluster, node, ns, podName, container);
        Assert.Matches($@"^/var/lib/kubelet/checkpoints/checkpoint-{podName}_{ns}-{container}-\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ\.tar$", path);
        var file = Path.Join(cluster.CheckpointFolder(node), Path.GetFileName(path));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        var pod = cluster.Pods.Single(candidate => candidate["metadata"]!["name"]!.GetValue<string>() == podName && candidate["metadata"]!["namespace"]!.GetValue<string>() == ns);
        var uid = pod["metadata"]!["uid"]!.GetValue<string>();
        var made = Members(file);
        var original = Members(Path.Join(AppContext.BaseDirectory, "fixtures", "archives", fixture));
        Assert.Equal(original.Keys, made.Keys);
        foreach (var name in original.Keys.Except(Rewritten))
            Assert.Equal(original[name], made[name]);
        var annotations = JsonNode.Parse(made["spec.dump"])!["annotations"]!;
        var criO = node != "node3";
        Assert.Equal(podName, annotations[criO ? "io.kubernetes.pod.name" : "io.kubernetes.cri.sandbox-name"]!.GetValue<string>());
        Assert.Equal(ns, annotations[criO ? "io.kubernetes.pod.namespace" : "io.kubernetes.cri.sandbox-namespace"]!.GetValue<string>());
        Assert.Equal(container, annotations[criO ? "io.kubernetes.container.name" : "io.kubernetes.cri.container-name"]!.GetValue<string>());
        Assert.Equal(uid, annotations[criO ? "io.kubernetes.pod.uid" : "io.kubernetes.cri.sandbox-uid"]!.GetValue<string>());
        var id = JsonNode.Parse(made["config.dump"])!["id"]!.GetValue<string>();
        Assert.Contains(pod["status"]!["containerStatuses"]!.AsArray(), status => status!["containerID"]!.GetValue<string>().EndsWith("//" + id, StringComparison.Ordinal));
        if (criO)
            Assert.Contains($"\"io.kubernetes.pod.uid\":\"{uid}\"", annotations["io.kubernetes.cri-o.Labels"]!.GetValue<string>(), StringComparison.Ordinal);
        else
            Assert.Equal(container, JsonNode.Parse(made["status.dump"])!["metadata"]!["name"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("node1", "shop", "web-1", "app", "failed to pause container")]
    [InlineData("node3", "default", "counter", "counter", "cannot pause a paused container")]
    public async Task The_second_of_two_concurrent_checkpoints_fails(string node, string ns, string pod, string container, string words)
    {
        await using var cluster = await SandboxCluster.StartAsync(new SandboxOptions { CheckpointDelay = TimeSpan.FromSeconds(1) });
        using var caller = Caller.WithCertificate(cluster, "admin");
        var url = $"/api/v1/nodes/{node}/proxy/checkpoint/{ns}/{pod}/{container}";
        (int Status, string Body, HttpResponseMessage _)[] answers = await Task.WhenAll(caller.SendAsync(HttpMethod.Post, url), caller.SendAsync(HttpMethod.Post, url));
        Assert.Equal([200, 500], answers.Select(response => response.Status).Order());
        Assert.Contains(words, answers.Single(response => response.Status == 500).Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("node1", "shop", "web-1", "app", true)]
    [InlineData("node3", "default", "counter", "counter", false)]
    public async Task After_a_deadline_only_cri_o_writes_the_archive(string node, string ns, string pod, string container, bool writes)
    {
        await using var cluster = await SandboxCluster.StartAsync(new SandboxOptions { CheckpointDelay = TimeSpan.FromMilliseconds(300) });
        cluster.SetKubeletBehaviour(node, KubeletBehaviour.DeadlineExceeded, ns, pod);
        using var caller = Caller.WithToken(cluster, "operator");
        (var status, var body, _) = await caller.SendAsync(HttpMethod.Post, $"/api/v1/nodes/{node}/proxy/checkpoint/{ns}/{pod}/{container}");
        Assert.Equal(500, status);
        Assert.Contains("DeadlineExceeded", body, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(cluster.CheckpointFolder(node)));
        if (writes)
        {
            await Eventually.TrueAsync(() => Directory.GetFiles(cluster.CheckpointFolder(node)).Length == 1, "the late archive");
        }
        else
        {
            await Task.Delay(600);
            Assert.Empty(Directory.GetFiles(cluster.CheckpointFolder(node)));
        }
    }

    [Theory]
    [InlineData(KubeletBehaviour.RuntimeTooOld, "Unimplemented desc = unknown method CheckpointContainer")]
    [InlineData(KubeletBehaviour.ContainerExited, "is in CONTAINER_EXITED state. only CONTAINER_RUNNING containers can be checkpointed")]
    [InlineData(KubeletBehaviour.EstablishedTcp, "inet: Connected TCP socket, consider using --tcp-established option.")]
    public async Task Behaviours_can_apply_to_one_pod(KubeletBehaviour behaviour, string words)
    {
        await using var cluster = await SandboxCluster.StartAsync();
        cluster.SetKubeletBehaviour("node1", behaviour, "shop", "web-1");
        using var caller = Caller.WithCertificate(cluster, "checkpointer");
        (var status, var body, var response) = await caller.SendAsync(HttpMethod.Post, new Uri(cluster.KubeletUri("node1"), "/checkpoint/shop/web-1/app").ToString());
        Assert.Equal(500, status);
        Assert.StartsWith("checkpointing of shop/web-1/app failed (rpc error: code = ", body, StringComparison.Ordinal);
        Assert.Contains(words, body, StringComparison.Ordinal);
        Assert.EndsWith(")", body, StringComparison.Ordinal);
        Assert.Equal(behaviour == KubeletBehaviour.EstablishedTcp, response.Content.Headers.ContentLength is null || response.Headers.TransferEncodingChunked == true);
        await CheckpointAsync(cluster, "node1", "shop", "web-2", "app");
    }

    [Fact]
    public async Task The_api_server_may_lack_the_checkpoint_permission()
    {
        await using var cluster = await SandboxCluster.StartAsync(new SandboxOptions { ApiServerLacksCheckpointRight = true });
        using var admin = Caller.WithCertificate(cluster, "admin");
        (var status, var body, var response) = await admin.SendAsync(HttpMethod.Post, "/api/v1/nodes/node1/proxy/checkpoint/shop/web-1/app");
        Assert.Equal(403, status);
        Assert.Equal("Forbidden (user=kube-apiserver-kubelet-client, verb=create, resource=nodes, subresource(s)=[checkpoint])\n", body);
        Assert.Equal("text/plain", response.Content.Headers.ContentType!.MediaType);
        using var direct = Caller.WithToken(cluster, "checkpointer");
        Assert.Equal(200, (await direct.SendAsync(HttpMethod.Post, new Uri(cluster.KubeletUri("node1"), "/checkpoint/shop/web-1/app").ToString())).Status);
    }

    [Fact]
    public async Task A_kubelet_lists_its_own_pods_to_authorized_users()
    {
        await using var cluster = await SandboxCluster.StartAsync();
        using var caller = Caller.WithCertificate(cluster, "kube-apiserver-kubelet-client");
        var url = new Uri(cluster.KubeletUri("node3"), "/pods").ToString();
        var list = await caller.GetAsync(url);
        Assert.Equal("counter", Assert.Single(list["items"]!.AsArray())!["metadata"]!["name"]!.GetValue<string>());

        using var limited = Caller.WithCertificate(cluster, "checkpointer");
        (var status, var body, _) = await limited.SendAsync(HttpMethod.Get, url);
        Assert.Equal((403, "Forbidden (user=checkpointer, verb=get, resource=nodes, subresource(s)=[pods proxy])\n"), (status, body));
    }

    [Fact]
    public async Task A_stopped_kubelet_refuses_connections_until_it_starts_again()
    {
        await using var cluster = await SandboxCluster.StartAsync();
        await cluster.StopKubeletAsync("node1");
        using var caller = Caller.WithCertificate(cluster, "admin");
        await Assert.ThrowsAsync<HttpRequestException>(() => caller.SendAsync(HttpMethod.Get, new Uri(cluster.KubeletUri("node1"), "/healthz").ToString()));
        Assert.Equal(503, (await caller.SendAsync(HttpMethod.Post, "/api/v1/nodes/node1/proxy/checkpoint/shop/web-1/app")).Status);
        await cluster.StartKubeletAsync("node1");
        await CheckpointAsync(cluster, "node1", "shop", "web-1", "app");
    }

    private static async Task<string> CheckpointAsync(SandboxCluster cluster, string node, string ns, string pod, string container)
    {
        using var caller = Caller.WithToken(cluster, "operator");
        (var status, var body, _) = await caller.SendAsync(HttpMethod.Post, $"/api/v1/nodes/{node}/proxy/checkpoint/{ns}/{pod}/{container}");
        Assert.True(status == 200, body);
        return Assert.Single(JsonNode.Parse(body)!["items"]!.AsArray())!.GetValue<string>();
    }

    private static Dictionary<string, byte[]> Members(string file)
    {
        var members = new Dictionary<string, byte[]>();
        using var stream = File.OpenRead(file);
        using var reader = new TarReader(stream);
        while (reader.GetNextEntry() is { } entry)
        {
            using var content = new MemoryStream();
            entry.DataStream?.CopyTo(content);
            members[$"{entry.Name}"] = content.ToArray();
        }
        return members;
    }
}

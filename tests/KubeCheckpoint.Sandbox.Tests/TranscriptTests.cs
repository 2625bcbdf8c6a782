using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using KubeCheckpoint.Sandbox.Cluster;
using KubeCheckpoint.Sandbox.Identity;

namespace KubeCheckpoint.Sandbox.Tests;

/// <summary>
/// Replays the requests of the transcripts (kubelet and API server v1.36.2 with containerd 2.1.9, CRI-O 1.36.3 and containerd 2.3.4) against
/// the sandbox: status, headers and body must be those of the real servers, byte for byte except for IDs, times and addresses.
/// </summary>
public sealed partial class TranscriptTests
{
    private static readonly SandboxContainer Init = new("init");

    [Theory]
    [InlineData("# containerd 2.1.9", SandboxRuntime.Containerd, 45)]
    [InlineData("# CRI-O 1.36.3", SandboxRuntime.CriO, 47)]
    [InlineData("# ServiceAccount tokens, RBAC, proxy forms", SandboxRuntime.Containerd, 7)]
    [InlineData("# containerd 2.3.4", SandboxRuntime.Containerd, 28)]
    public async Task Responses_are_those_of_the_real_servers(string chapter, SandboxRuntime runtime, int expected)
    {
        await using var cluster = await StartAsync(runtime, TimeSpan.FromMinutes(2));
        await using var impatient = await StartAsync(runtime, TimeSpan.Zero);
        var replayed = 0;
        foreach (var exchange in Exchange.Read(chapter))
        {
            // These use a kubelet with runtimeRequestTimeout 2s, and a container whose checkpoint takes longer.
            var server = exchange.Title.Contains("deadline exceeded", StringComparison.Ordinal) ? impatient : cluster;
            if (await PrepareAsync(server, exchange))
            {
                await ReplayAsync(server, exchange, runtime);
                replayed++;
            }
        }
        Assert.Equal(expected, replayed);
    }

    private static Task<SandboxCluster> StartAsync(SandboxRuntime runtime, TimeSpan timeout) => StartWithPodsAsync(new SandboxOptions
    {
        Nodes = [new SandboxNode("k8slab", runtime)],
        DefaultPods = false,
        CheckpointDelay = TimeSpan.FromMilliseconds(20),
        RuntimeRequestTimeout = timeout,
    });

    private static async Task<SandboxCluster> StartWithPodsAsync(SandboxOptions options)
    {
        var cluster = await SandboxCluster.StartAsync(options);
        foreach (var name in (string[])["counter", "redis", "memhog"])
            cluster.AddPod(new SandboxPod("default", name, "k8slab", new SandboxContainer(name)));
        AddMulti(cluster);
        cluster.AddPod(new SandboxPod("default", "done", "k8slab", new SandboxContainer("main")) { State = SandboxPodState.Succeeded });
        cluster.AddPod(new SandboxPod("default", "crash", "k8slab", new SandboxContainer("main")) { State = SandboxPodState.CrashLoopBackOff });
        cluster.AddPod(new SandboxPod("default", "badimage", "k8slab", new SandboxContainer("main")) { State = SandboxPodState.ImagePullBackOff });
        cluster.AddPod(new SandboxPod("default", "pending", "", new SandboxContainer("main")) { State = SandboxPodState.Pending });
        return cluster;
    }

    private static void AddMulti(SandboxCluster cluster, Action<JsonObject>? adjust = null)
    {
        cluster.RemovePod("default", "multi");
        cluster.AddPod(new SandboxPod("default", "multi", "k8slab", new SandboxContainer("a"), new SandboxContainer("b")) { InitContainers = [Init], Adjust = adjust });
    }

    /// <summary>Brings the cluster into the state that a section's title describes; false for a section that is tested elsewhere.</summary>
    private static async Task<bool> PrepareAsync(SandboxCluster cluster, Exchange exchange)
    {
        var behaviour = exchange.Title switch
        {
            var title when title.Contains("gate", StringComparison.Ordinal) => KubeletBehaviour.GateOff,
            var title when title.StartsWith("criu binary missing", StringComparison.Ordinal) => KubeletBehaviour.CriuMissing,
            var title when title.Contains("enable_criu_support=false", StringComparison.Ordinal) => KubeletBehaviour.CriuSupportOff,
            _ => KubeletBehaviour.Normal,
        };
        cluster.SetKubeletBehaviour("k8slab", behaviour);
        var initRuns = exchange.Title.Contains("running INIT", StringComparison.Ordinal) || exchange.Title.Contains("init container still runs", StringComparison.Ordinal);
        AddMulti(cluster, initRuns ? InitRuns : null);
        if (exchange.Title == "kubelet down, via API server proxy")
            await cluster.StopKubeletAsync("k8slab");
        return exchange.Title != "kubelet down, direct";
    }

    private static void InitRuns(JsonObject pod)
    {
        pod["status"]!["phase"] = "Pending";
        foreach (var container in pod["status"]!["containerStatuses"]!.AsArray().OfType<JsonObject>())
            container["state"] = new JsonObject { ["waiting"] = new JsonObject { ["reason"] = "PodInitializing" } };
        pod["status"]!["initContainerStatuses"]![0]!["state"] = new JsonObject { ["running"] = new JsonObject { ["startedAt"] = "2026-11-23T06:55:30Z" } };
    }

    private static async Task ReplayAsync(SandboxCluster cluster, Exchange exchange, SandboxRuntime runtime)
    {
        using var caller = CallerOf(cluster, exchange);
        var server = exchange.ToKubelet ? cluster.KubeletUri("k8slab") : cluster.ApiServer;
        using var request = new HttpRequestMessage(exchange.Method, new Uri(server, exchange.Path)) { Version = exchange.ToKubelet ? HttpVersion.Version11 : HttpVersion.Version20 };
        request.Headers.UserAgent.ParseAdd("curl/8.14.1");
        request.Headers.Accept.ParseAdd(exchange.Accept);
        using var answer = await caller.Client.SendAsync(request);
        var body = await answer.Content.ReadAsStringAsync();

        var name = $"{runtime}: {exchange.Title}";
        Assert.Equal($"{name}\n{exchange.Status}", $"{name}\n{(int)answer.StatusCode}");
        Assert.Equal($"{name}\n{Neutral(exchange.Body)}", $"{name}\n{Neutral(body)}");
        var headers = answer.Headers.Concat(answer.Content.Headers)
            .ToDictionary(header => header.Key.ToLowerInvariant(), header => string.Join(", ", header.Value));
        foreach ((var header, var value) in exchange.Headers)
        {
            Assert.True(headers.ContainsKey(header), $"{name}: no {header}");

            // Ports and addresses have different lengths here.
            if (header is not ("date" or "audit-id") && !(header == "content-length" && exchange.Body.Contains("dial tcp", StringComparison.Ordinal)))
                Assert.Equal($"{name}\n{header}: {value}", $"{name}\n{header}: {headers[header]}");
        }
    }

    private static Caller CallerOf(SandboxCluster cluster, Exchange exchange)
    {
        if (exchange.Token.Length > 0)
        {
            var account = exchange.Title.Contains("nodes/proxy", StringComparison.Ordinal) ? "proxy-sa" : "ck-sa";
            return Caller.WithToken(cluster, exchange.Token == "<token>" ? $"system:serviceaccount:default:{account}" : exchange.Token);
        }
        if (exchange.Certificate == "foreign")
        {
            using var other = new CertificateAuthority("another-ca");
            (var certificate, var key) = other.IssueClient("admin", ["system:masters"]);
            return Caller.With(cluster, X509Certificate2.CreateFromPem(certificate, key));
        }
        return exchange.Certificate switch
        {
            "" => Caller.Anonymous(cluster),
            "limited" => Caller.WithCertificate(cluster, "limited-user"),
            "apiserver-kubelet-client" => Caller.WithCertificate(cluster, "kube-apiserver-kubelet-client"),
            { } user => Caller.WithCertificate(cluster, user),
        };
    }

    private static string Neutral(string body) => Address().Replace(Time().Replace(Id().Replace(body, "ID"), "TIME"), "dial tcp ADDRESS");

    [GeneratedRegex("[0-9a-f]{64}")]
    private static partial Regex Id();

    [GeneratedRegex(@"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")]
    private static partial Regex Time();

    [GeneratedRegex(@"dial tcp [\d.:]+")]
    private static partial Regex Address();
}

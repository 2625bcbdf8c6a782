using System.Diagnostics;
using System.Text.Json.Nodes;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Containers;
using KubeCheckpoint.Cluster.Preflight.Checks;
using KubeCheckpoint.Cluster.Preflight.Containers;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Sandbox;
using KubeCheckpoint.Sandbox.Cluster;

namespace KubeCheckpoint.Core.Tests.Cluster.Preflight.Containers;

/// <summary>Real processes in containers of the sandbox without a shell, seen from their nodes.</summary>
public sealed class ContainerInspectorTests : IDisposable
{
    private const string CriO = "node1";
    private const string Containerd = "node3";

    private readonly TemporaryFolder _folder = new();
    private readonly Process _process;

    public ContainerInspectorTests()
    {
        const string Script = "exec 8>\"$0/gone\"; dd if=/dev/zero bs=1048576 count=2 >&8 2>/dev/null; rm \"$0/gone\"; echo; exec sleep 600";
        _process = Process.Start(new ProcessStartInfo("sh", ["-c", Script, _folder.Path]) { RedirectStandardOutput = true })!;
        _process.StandardOutput.ReadLine();
    }

    public void Dispose()
    {
        _process.Kill();
        _process.Dispose();
        _folder.Dispose();
    }

    [UnixTheory]
    [InlineData(CriO)]
    [InlineData(Containerd)]
    public async Task A_container_without_a_shell_is_looked_into_from_its_node_only_where_that_is_allowed(string node)
    {
        await using var sandbox = await StartAsync(node);

        var unseen = Assert.Single(await InspectAsync(sandbox, isAllowed: false));
        Assert.Equal((ContainerChecks.Name, SupportOutcome.Unknown), (unseen.Name, unseen.Outcome));
        Assert.Equal("shop/web/app: it has no shell to look at its processes with", unseen.Detail);
        Assert.Contains("-Deep", unseen.Remedy, StringComparison.Ordinal);
        Assert.DoesNotContain(sandbox.Requests, request => request.Method == "POST");

        // Its process has the ID 1 in the container.
        var seen = Assert.Single(await InspectAsync(sandbox));
        Assert.Equal("DeletedFiles", seen.Name);
        Assert.Contains("process 1 (sleep), descriptor 8 (", seen.Detail, StringComparison.Ordinal);
        Assert.Single(sandbox.Requests, request => request.Method == "DELETE" && request.Path.Contains("kubecheckpoint-inspect", StringComparison.Ordinal));
    }

    [UnixFact]
    public async Task Containers_that_share_process_ids_are_told_apart_from_the_node()
    {
        await using var sandbox = await StartAsync(Containerd, container: "tool");
        var json = JsonNode.Parse((await InspectedPodAsync(sandbox)).Manifest.Json)!;
        json["spec"]!["shareProcessNamespace"] = true;

        var checks = await InspectAsync(sandbox, change: pod => pod with { Manifest = new(json.ToJsonString()) });

        Assert.Equal(["DeletedFiles", "SharedProcessIds"], checks.Select(check => check.Name).Order(StringComparer.Ordinal));
        Assert.Contains(checks, check => check.Detail.Contains("shop/web/tool: deleted files of more than 1 MiB: process 1 (sleep)", StringComparison.Ordinal));
    }

    [UnixFact]
    public async Task Broken_connections_are_repeated()
    {
        await using var sandbox = await StartAsync(Containerd);
        sandbox.AddFault(new SandboxFault { PathContains = "container_processes", CutAfterBytes = 40 });
        Assert.Equal("DeletedFiles", Assert.Single(await InspectAsync(sandbox)).Name);
    }

    [UnixFact]
    public async Task Where_no_helper_pod_may_be_made_it_says_why_and_what_to_do()
    {
        await using var sandbox = await StartAsync(Containerd, new() { EnforcePodSecurity = true });
        sandbox.AddNamespace("strict");

        var refused = Assert.Single(await InspectAsync(sandbox, ns: "strict"));
        Assert.Equal(SupportOutcome.Unknown, refused.Outcome);
        Assert.Contains("it has no shell to look at its processes with; from its node: Namespace 'strict' does not allow", refused.Detail, StringComparison.Ordinal);
        Assert.Contains("kubectl label namespace strict", refused.Remedy, StringComparison.Ordinal);

        var forbidden = Assert.Single(await InspectAsync(sandbox, context: "limited"));
        Assert.Equal(SupportOutcome.Unknown, forbidden.Outcome);
        Assert.Contains("limited-user", forbidden.Detail, StringComparison.Ordinal);
        Assert.NotNull(forbidden.Remedy);
    }

    [UnixFact]
    public async Task An_id_is_looked_for_only_if_it_is_one()
    {
        await using var sandbox = await StartAsync(Containerd);
        foreach (var id in new[] { null, "containerd://a", $"containerd://$(touch gone){new string('0', 51)}", $"containerd://{new string('0', 64)}" })
        {
            Assert.DoesNotContain(sandbox.Requests, IsLook);
            var check = Assert.Single(await InspectAsync(sandbox, change: pod => pod with { Containers = [pod.Containers[0] with { ContainerId = id }] }));
            Assert.Contains("none of the node's processes is in the container", check.Detail, StringComparison.Ordinal);
        }
        Assert.Contains(sandbox.Requests, IsLook);

        static bool IsLook(SandboxRequest request) => request.Path.Contains("container_processes", StringComparison.Ordinal);
    }

    [UnixFact]
    public async Task Claims_are_read()
    {
        await using var sandbox = await StartAsync(Containerd);
        foreach (var mode in new[] { "ReadWriteOnce", "ReadWriteOncePod", "ReadWriteMany" })
        {
            sandbox.AddObject("persistentvolumeclaims", JsonNode.Parse(
                $$$"""{"metadata":{"name":"{{{mode.ToLowerInvariant()}}}","namespace":"shop"},"spec":{"accessModes":["{{{mode}}}"]},"status":{"phase":"Bound"}}""")!.AsObject());
        }

        var checks = await InspectAsync(sandbox, change: pod => pod with { Manifest = WithClaims(pod.Manifest, "readwriteonce", "readwriteoncepod", "readwritemany", "gone") });

        Assert.Equal(
            [
                "shop/web: claim 'gone' is not in namespace 'shop'",
                "shop/web: claim 'readwritemany' is bound, ReadWriteMany",
                "shop/web: claim 'readwriteonce' is ReadWriteOnce: another node can mount it only when no pod uses it any more",
                "shop/web: claim 'readwriteoncepod' is ReadWriteOncePod: another pod can mount it only when no pod uses it any more",
            ],
            checks.Where(check => check.Name == "VolumeClaim").Select(check => check.Detail));
    }

    private static PodManifest WithClaims(PodManifest manifest, params string[] claims)
    {
        var json = JsonNode.Parse(manifest.Json)!;
        json["spec"]!["volumes"] = new JsonArray(
            [.. claims.Select(claim => JsonNode.Parse($$$"""{"name":"{{{claim}}}","persistentVolumeClaim":{"claimName":"{{{claim}}}"} }"""))]);
        return new(json.ToJsonString());
    }

    private async Task<SandboxCluster> StartAsync(string node, SandboxOptions? options = null, string container = "app")
    {
        var sandbox = await SandboxCluster.StartAsync((options ?? new()) with { DefaultPods = false, ContainersWithoutShell = ["app"] });
        sandbox.AddPod(new SandboxPod("shop", "web", node, new SandboxContainer(container) { Processes = [_process.Id] }));
        sandbox.AddPod(new SandboxPod("shop", "other", node, new SandboxContainer("app") { Processes = [Environment.ProcessId] }));
        return sandbox;
    }

    private static async Task<Pod> InspectedPodAsync(SandboxCluster sandbox)
    {
        using var admin = ClusterClient.Connect(new(sandbox.KubeConfigPath, "admin"));
        return await admin.GetPodAsync("shop", "web", default);
    }

    private static async Task<IReadOnlyList<SupportCheck>> InspectAsync(
        SandboxCluster sandbox,
        bool isAllowed = true,
        string ns = ArchiveTransferOptions.DefaultNamespace,
        string context = "admin",
        Func<Pod, Pod>? change = null)
    {
        var pod = await InspectedPodAsync(sandbox);
        using var client = ClusterClient.Connect(new(sandbox.KubeConfigPath, context));
        await using var helpers = new HelperPodSet(client, new() { Namespace = ns });
        var node = isAllowed ? new NodeProcesses(helpers, ContainerScript.Function, ContainerScript.Tools) : null;
        var checks = new CheckList("node");
        await new ContainerInspector(client, node).AddAsync(checks, new(checks, CheckpointEngine.Containerd, null), change?.Invoke(pod) ?? pod, default);
        return checks.Checks;
    }
}

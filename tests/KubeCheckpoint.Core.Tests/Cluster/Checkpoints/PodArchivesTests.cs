using System.Text.Json.Nodes;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Cluster.Checkpoints;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Sandbox;
using KubeCheckpoint.Sandbox.Cluster;

namespace KubeCheckpoint.Core.Tests.Cluster.Checkpoints;

public sealed class PodArchivesTests
{
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

        using var passing = new UnnamedFiles();
        var taken = await archives.TakeAsync(folder.FullName, passing, new(), null, _ => { }, hold: null, default);

        Assert.Equal("app", Assert.Single(taken).ContainerName);
        Assert.Equal(2, sandbox.Requests.Count(request => request.Server == SandboxServer.Kubelet && request.Method == "POST"));
        folder.Delete(recursive: true);
    }
}

using System.Diagnostics;
using System.Text.Json.Nodes;
using KubeCheckpoint.Benchmarks.Measuring;
using KubeCheckpoint.Benchmarks.Synthetic;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Sandbox.Cluster;

namespace KubeCheckpoint.Benchmarks;

/// <summary>Copies an archive of 1 GiB from a node, verified, through a helper pod that runs. The baseline is <c>kubectl exec cat</c> in the same pod.</summary>
internal static class SaveBenchmark
{
    private const int Rounds = 7;
    private const string Node = "node1";
    private const string Name = "checkpoint-web_shop-app.tar";

    public static async Task RunAsync()
    {
        if (!Peer.IsInstalled("kubectl"))
            return;
        await using var cluster = await SandboxCluster.StartAsync();
        var nodeFolder = Directory.CreateDirectory(cluster.CheckpointFolder(Node)).FullName;
        SyntheticArchive.Write(Path.Combine(nodeFolder, Name), new SyntheticArchiveOptions { MemorySize = 1L << 30 });
        using var folder = new ScratchFolder();
        using var client = ClusterClient.Connect(new(cluster.KubeConfigPath));
        await using var transfer = new ArchiveTransfer(client, new ArchiveTransferOptions { Image = "busybox:1" });
        Save(transfer, folder.PathOf("first"));
        var helper = (JsonObject)cluster.HelperPods.Single()["metadata"]!;

        new Contest("1 GiB from a node", Rounds)
            .Enter("kubectl exec cat", () => Cat(cluster, helper, folder.PathOf("copy.tar")))
            .Enter("Save-CheckpointArchive, verified", () => Save(transfer, folder.PathOf("saved")))
            .Run();
    }

    private static void Save(ArchiveTransfer transfer, string folder)
    {
        var request = new SaveRequest { NodeName = Node, NodePath = $"/var/lib/kubelet/checkpoints/{Name}", DestinationFolder = folder };
        transfer.SaveAsync(request, null, default).GetAwaiter().GetResult();
        Directory.Delete(folder, recursive: true);
    }

    private static void Cat(SandboxCluster cluster, JsonObject helper, string path)
    {
        string[] arguments = ["--kubeconfig", cluster.KubeConfigPath, "-n", $"{helper["namespace"]}", "exec", $"{helper["name"]}", "--", "cat", $"/checkpoints/{Name}"];
        using (var process = Process.Start(new ProcessStartInfo("kubectl", arguments) { RedirectStandardOutput = true })!)
        using (var file = File.Create(path))
        {
            process.StandardOutput.BaseStream.CopyTo(file, 1024 * 1024);
            process.WaitForExit();
            file.Flush(flushToDisk: true);
            if (process.ExitCode != 0)
                throw new InvalidOperationException($"kubectl ended with {process.ExitCode}.");
        }
        File.Delete(path);
    }
}

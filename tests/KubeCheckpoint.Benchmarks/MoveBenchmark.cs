using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using KubeCheckpoint.Archives.IO;
using KubeCheckpoint.Archives.Summaries;
using KubeCheckpoint.Benchmarks.Measuring;
using KubeCheckpoint.Benchmarks.Synthetic;
using KubeCheckpoint.Cluster.Checkpoints;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Moves;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Images;
using KubeCheckpoint.Sandbox;
using KubeCheckpoint.Sandbox.Cluster;

namespace KubeCheckpoint.Benchmarks;

/// <summary>
/// The way of an archive from its node to docker-registry, whose baseline is <c>kubectl exec cat</c> into a file and curl from there; and the gap of
/// whole moves, compared with the checkpoint, that baseline and the start of the restored pod.
/// </summary>
internal sealed class MoveBenchmark(SandboxCluster cluster, ClusterClient client, LocalRegistry registry, ScratchFolder folder, string archive)
{
    private const int Rounds = 5;
    private const int Moves = 3;
    private const string Node = "node1";
    private const string Name = "checkpoint-synthetic_default-app-2026-11-23T06:50:40Z.tar";
    private const string NodePath = $"/var/lib/kubelet/checkpoints/{Name}";

    private string? _digest;

    private static readonly ArchiveTransferOptions Helper = new() { Image = "busybox:1" };

    /// <param name="mebibytes">The memory of the archive.</param>
    public static async Task RunAsync(int mebibytes)
    {
        if (!Peer.IsInstalled("kubectl") || !Peer.IsInstalled("docker-registry") || !Peer.IsInstalled("curl"))
            return;
        await using var cluster = await SandboxCluster.StartAsync();
        using var folder = new ScratchFolder();
        using var registry = new LocalRegistry(folder.PathOf("registry"));
        using var client = ClusterClient.Connect(new(cluster.KubeConfigPath));
        var archive = folder.Write("archive.tar", new SyntheticArchiveOptions { MemorySize = (long)mebibytes << 20 });
        var benchmark = new MoveBenchmark(cluster, client, registry, folder, archive);
        var baseline = await benchmark.RaceAsync(mebibytes);
        await benchmark.MoveAsync(baseline);
        using var process = Process.GetCurrentProcess();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"  most memory this process had, with the sandbox in it: {process.PeakWorkingSet64 >> 20} MiB"));
    }

    private async Task<TimeSpan> RaceAsync(int mebibytes)
    {
        Directory.CreateDirectory(cluster.CheckpointFolder(Node));
        File.Copy(archive, Path.Combine(cluster.CheckpointFolder(Node), Name));
        await using var transfer = new ArchiveTransfer(client, Helper);
        await transfer.PrepareAsync(Node, default);
        var helper = (JsonObject)cluster.HelperPods.Single()["metadata"]!;
        var contest = new Contest(string.Create(CultureInfo.InvariantCulture, $"{mebibytes} MiB from a node to a registry"), Rounds);
        contest.Enter("kubectl exec cat, then curl", () => CatAndPut(helper))
            .Enter("saved, then pushed", () => Push(Save(transfer, isOnePass: false)))
            .Enter("in one pass", () => Push(Save(transfer, isOnePass: true)))
            .Run();
        File.Delete(Path.Combine(cluster.CheckpointFolder(Node), Name));
        return contest.Baseline;
    }

    private async Task MoveAsync(TimeSpan baseline)
    {
        await using var transfer = new ArchiveTransfer(client, Helper with { RemoveSource = true, IsPassing = true });
        using var checkpointer = new ContainerCheckpointer(client);
        var mover = new PodMover(client, checkpointer, transfer);
        Console.WriteLine("gap of a move, and the checkpoint, kubectl exec cat, curl and the start of the pod by themselves");
        for (var number = 1; number <= Moves; number++)
        {
            registry.Clear();
            var name = string.Create(CultureInfo.InvariantCulture, $"synthetic-{number}");
            cluster.AddPod(new SandboxPod("default", name, Node, new SandboxContainer("app") { Archive = archive }));
            var request = new MoveRequest
            {
                Pod = await client.GetPodAsync("default", name, default),
                NodeName = "node2",
                Repository = $"{registry.Host}/move",
                PullBaseImages = false,
            };
            var move = await mover.MoveAsync(await mover.PlanAsync(request, default), null, Console.WriteLine, default);
            var stages = string.Join(", ", move.Stages);
            var parts = Of(move, RestoreStage.Checkpoint) + Of(move, RestoreStage.Restore) + baseline;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"  {move.Gap.TotalMilliseconds,10:0} ms against {parts.TotalMilliseconds,10:0} ms   {move.Gap / parts,8:0.00}x   ({stages})"));
        }
    }

    private static TimeSpan Of(PodMove move, RestoreStage stage) =>
        move.Stages.Where(time => time.Stage == stage).Aggregate(TimeSpan.Zero, (sum, time) => sum + time.Duration);

    private (CheckpointArchive Archive, IDisposable Place) Save(ArchiveTransfer transfer, bool isOnePass)
    {
        registry.Clear();
        var passing = new UnnamedFiles();
        using var connection = isOnePass ? ArchiveUploads.OpenAsync($"{registry.Host}/race", new(), default).GetAwaiter().GetResult() : null;
        var request = new SaveRequest { NodeName = Node, NodePath = NodePath, DestinationFolder = "", Passing = passing, NewUpload = connection is null ? null : connection.Add };
        var saved = transfer.SaveAsync(request, null, default).GetAwaiter().GetResult();
        return (CheckpointArchiveReader.ReadAsync(saved.Path, default).GetAwaiter().GetResult(), passing);
    }

    private void Push((CheckpointArchive Archive, IDisposable Place) saved)
    {
        var request = new RestoreImageRequest { Archive = saved.Archive, Repository = $"{registry.Host}/race", Registry = new() };
        RestoreImageFactory.CreateAsync(request, null, default).GetAwaiter().GetResult();
        saved.Place.Dispose();
    }

    private void CatAndPut(JsonObject helper)
    {
        registry.Clear();
        var path = folder.PathOf("copy.tar");
        string[] arguments =
            ["--kubeconfig", cluster.KubeConfigPath, "-n", $"{helper["namespace"]}", "exec", $"{helper["name"]}", "--", "cat", $"/checkpoints/{Name}"];
        using (var process = Process.Start(new ProcessStartInfo("kubectl", arguments) { RedirectStandardOutput = true })!)
        using (var file = File.Create(path))
        {
            process.StandardOutput.BaseStream.CopyTo(file, 1024 * 1024);
            process.WaitForExit();
        }

        // The digest is known: its time is not a part of the baseline.
        if (_digest is null)
        {
            using var copy = File.OpenRead(path);
            _digest = $"sha256:{Convert.ToHexStringLower(SHA256.HashData(copy))}";
        }

        using var http = new HttpClient();
        using var begun = http.PostAsync(new Uri($"http://{registry.Host}/v2/curl/blobs/uploads/"), null).GetAwaiter().GetResult();
        Peer.Run("curl", ["-sSf", "-o", "/dev/null", "-T", path, $"{begun.Headers.Location}&digest={_digest}"]);
        File.Delete(path);
    }

}

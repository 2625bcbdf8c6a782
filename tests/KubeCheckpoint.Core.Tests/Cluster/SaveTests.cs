using System.Security.Cryptography;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Images.Layers;
using KubeCheckpoint.Sandbox.Cluster;

namespace KubeCheckpoint.Core.Tests.Cluster;

public sealed class SaveTests : IAsyncLifetime
{
    private const string Name = "checkpoint-web_shop-app-2026-11-23T06:45:23Z.tar";
    private const string LocalName = "checkpoint-web_shop-app-2026-11-23T06-45-23Z.tar";
    private const int Size = 5_000_123;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kubecheckpoint-");
    private readonly byte[] _bytes = RandomNumberGenerator.GetBytes(Size);
    private readonly List<IAsyncDisposable> _transfers = [];
    private SandboxCluster _sandbox = null!;
    private ClusterClient _client = null!;

    private string Final => Path.Combine(_folder.FullName, LocalName);

    private string Partial => Final + ".partial";

    public async Task InitializeAsync()
    {
        _sandbox = await SandboxCluster.StartAsync(new() { DefaultPods = false });
        Directory.CreateDirectory(_sandbox.CheckpointFolder("node1"));
        await File.WriteAllBytesAsync(NodeFile(), _bytes);
        _client = ClusterClient.Connect(new(_sandbox.KubeConfigPath, "operator"));
    }

    public async Task DisposeAsync()
    {
        foreach (var transfer in _transfers)
            await transfer.DisposeAsync();
        Assert.Empty(_sandbox.HelperPods);
        _client.Dispose();
        await _sandbox.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task An_archive_arrives_whole_with_its_manifest_for_its_owner_alone()
    {
        var seen = new List<TransferProgress>();
        var saved = await Transfer().SaveAsync(Request(Name) with { PodManifest = """{"kind":"Pod"}""" }, new Recorder(seen), default);

        Assert.Equal(Final, saved.Path);
        Assert.Equal(_bytes, await File.ReadAllBytesAsync(Final));
        Assert.Equal("""{"kind":"Pod"}""", await File.ReadAllTextAsync(Final + ".pod.json"));
        Assert.False(File.Exists(Partial));
        if (!OperatingSystem.IsWindows())
        {
            foreach (var file in _folder.GetFiles())
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, file.UnixFileMode);
        }

        Assert.Equal(Size, seen[^1].Done);
        Assert.Equal(Size, seen[^1].Total);
        Assert.True(File.Exists(NodeFile()));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(_bytes)), ArchiveDigests.Find(Final, ArchiveStamp.Of(Final))?.Digest.Hex);
    }

    [Fact]
    public async Task Several_archives_of_a_node_share_a_helper()
    {
        var names = Enumerable.Range(0, 4).Select(number => $"checkpoint-{number}.tar").ToList();
        foreach (var name in names)
            await File.WriteAllBytesAsync(NodeFile(name), _bytes[..1000]);
        var transfer = Transfer();
        await Task.WhenAll(names.Select(name => transfer.SaveAsync(Request(name), null, default)));
        Assert.Single(_sandbox.HelperPods);
        Assert.Equal(4, _folder.GetFiles().Length);
    }

    [Theory]
    [InlineData(404, "pods \"h\" not found")]
    [InlineData(500, "unable to upgrade connection: container not found (\"transfer\")")]
    [InlineData(400, "cannot exec into a container in a completed pod; current phase is Failed")]
    public async Task A_helper_that_ended_is_replaced(int status, string words)
    {
        _sandbox.AddFault(new() { PathContains = "skip%3D2%20", Status = status, Body = words });
        await Transfer().SaveAsync(Request(Name), null, default);
        Assert.Equal(_bytes, await File.ReadAllBytesAsync(Final));
        Assert.Equal(2, _sandbox.HelperPods.Count);
    }

    [Fact]
    public async Task A_range_that_is_cut_is_taken_up_where_it_was()
    {
        _sandbox.AddFault(new() { PathContains = "skip%3D", CutAfterBytes = 2_090_000, Times = 1 });
        _sandbox.AddFault(new() { PathContains = "skip%3D", TruncateAfterBytes = 100_001, Times = 1 });
        await Transfer().SaveAsync(Request(Name), null, default);
        Assert.Equal(_bytes, await File.ReadAllBytesAsync(Final));
    }

    [Fact]
    public async Task What_an_earlier_run_left_is_kept()
    {
        await File.WriteAllBytesAsync(Partial, _bytes[..3_000_001]);
        await Transfer().SaveAsync(Request(Name), null, default);
        Assert.Equal(_bytes, await File.ReadAllBytesAsync(Final));
        Assert.DoesNotContain(_sandbox.Requests, request => request.Path.Contains("skip%3D0%20", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_another_archive_left_is_thrown_away()
    {
        await File.WriteAllBytesAsync(Partial, RandomNumberGenerator.GetBytes(1_500_000));
        await Transfer().SaveAsync(Request(Name), null, default);
        Assert.Equal(_bytes, await File.ReadAllBytesAsync(Final));
    }

    [Fact]
    public async Task A_connection_that_always_breaks_is_told_and_nothing_has_the_final_name()
    {
        _sandbox.AddFault(new() { PathContains = "skip%3D", Status = 502, Times = int.MaxValue });
        await Failing.WithAsync("TransferBroken", () => Transfer().SaveAsync(Request(Name), null, default));
        Assert.False(File.Exists(Final));
    }

    [Fact]
    public async Task Bytes_that_changed_on_the_node_are_noticed()
    {
        var transfer = Transfer();
        var changed = false;
        var progress = new Callback(report =>
        {
            if (changed || report.Done == 0)
                return;
            changed = true;
            using var file = File.OpenWrite(NodeFile());
            file.Seek(-10, SeekOrigin.End);
            file.Write(new byte[10]);
        });
        await Failing.WithAsync("ArchiveVerificationFailed", () => transfer.SaveAsync(Request(Name), progress, default));
        Assert.Empty(_folder.GetFiles());
    }

    [Fact]
    public async Task A_file_of_the_name_is_replaced_only_where_asked()
    {
        await File.WriteAllTextAsync(Final, "something else");
        await Failing.WithAsync("DestinationExists", () => Transfer().SaveAsync(Request(Name), null, default));
        Assert.Equal("something else", await File.ReadAllTextAsync(Final));

        await Transfer(options => options with { Overwrite = true }).SaveAsync(Request(Name), null, default);
        Assert.Equal(_bytes, await File.ReadAllBytesAsync(Final));
    }

    [Fact]
    public async Task The_same_archive_is_not_fetched_twice()
    {
        await Transfer().SaveAsync(Request(Name), null, default);
        var before = Ranges();
        await Transfer().SaveAsync(Request(Name), null, default);
        Assert.Equal(before, Ranges());
    }

    [Fact]
    public async Task The_source_is_removed_afterwards_and_only_it()
    {
        await File.WriteAllTextAsync(NodeFile("other.tar"), "stays");
        var saved = await Transfer(options => options with { RemoveSource = true }).SaveAsync(Request(Name), null, default);
        Assert.Null(saved.RemoveFailure);
        Assert.False(File.Exists(NodeFile()));
        Assert.True(File.Exists(NodeFile("other.tar")));
    }

    [Fact]
    public async Task A_name_full_of_shell_is_only_a_name()
    {
        const string Name = "a'; touch pwned; echo $(id) `id`.tar";
        await File.WriteAllBytesAsync(NodeFile(Name), _bytes[..10]);
        var saved = await Transfer().SaveAsync(Request(Name), null, default);
        Assert.Equal(10, new FileInfo(saved.Path).Length);
        Assert.DoesNotContain(Directory.GetFiles(_sandbox.CheckpointFolder("node1")), file => file.EndsWith("pwned", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("node1", "nosuch.tar", "ArchiveNotOnNode")]
    [InlineData("nosuch", "x.tar", "NodeNotFound")]
    public async Task What_is_not_there_is_told(string node, string name, string errorId) =>
        await Failing.WithAsync(errorId, () => Transfer().SaveAsync(Request(name) with { NodeName = node }, null, default));

    [Fact]
    public async Task A_missing_tool_is_named()
    {
        await using var sandbox = await SandboxCluster.StartAsync(new() { MissingCommands = ["sha256sum", "busybox"] });
        using var client = ClusterClient.Connect(new(sandbox.KubeConfigPath, "admin"));
        await using var transfer = new ArchiveTransfer(client, new() { Image = "tiny:1" });
        var failure = await Failing.WithAsync("HelperToolMissing", () => transfer.SaveAsync(Request(Name), null, default));
        Assert.Contains("'tiny:1' lacks: sha256sum", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_helper_that_cannot_be_pulled_is_told()
    {
        await using var sandbox = await SandboxCluster.StartAsync(new() { MissingImages = ["nosuch:1"] });
        using var client = ClusterClient.Connect(new(sandbox.KubeConfigPath, "admin"));
        await using var transfer = new ArchiveTransfer(client, new() { Image = "nosuch:1" });
        var failure = await Failing.WithAsync("HelperPodNotStarted", () => transfer.SaveAsync(Request(Name), null, default));
        Assert.Contains("nosuch:1", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pod_security_and_a_missing_namespace_are_told()
    {
        await using var sandbox = await SandboxCluster.StartAsync(new() { EnforcePodSecurity = true });
        using var client = ClusterClient.Connect(new(sandbox.KubeConfigPath, "admin"));
        await using var refused = new ArchiveTransfer(client, new() { Image = "busybox:1", Namespace = "default" });
        await Failing.WithAsync("HelperPodRefused", () => refused.SaveAsync(Request(Name), null, default));
        await using var missing = new ArchiveTransfer(client, new() { Image = "busybox:1", Namespace = "nosuch" });
        await Failing.WithAsync("HelperNamespaceMissing", () => missing.SaveAsync(Request(Name), null, default));
    }

    [Fact]
    public async Task Cancelling_and_disposing_leaves_no_helper_and_keeps_what_has_arrived()
    {
        using var cancel = new CancellationTokenSource();
        var transfer = Transfer();
        _sandbox.AddFault(new() { PathContains = "skip%3D2%20", NeverResponds = true, Times = int.MaxValue });
        var progress = new Callback(_ => { });
        var running = transfer.SaveAsync(Request(Name), progress, cancel.Token);
        while (!_sandbox.Requests.Any(request => request.Path.Contains("skip%3D2%20", StringComparison.Ordinal)))
            await Task.Delay(10);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await transfer.DisposeAsync();
        Assert.Empty(_sandbox.HelperPods);
        Assert.True(File.Exists(Partial));
        Assert.False(File.Exists(Final));
    }

    private ArchiveTransfer Transfer(Func<ArchiveTransferOptions, ArchiveTransferOptions>? change = null)
    {
        var options = new ArchiveTransferOptions { Image = "busybox:1", RangeSize = 2 * 1024 * 1024 };
        var transfer = new ArchiveTransfer(_client, change is null ? options : change(options));
        _transfers.Add(transfer);
        return transfer;
    }

    private SaveRequest Request(string name) => new()
    {
        NodeName = "node1",
        NodePath = $"/var/lib/kubelet/checkpoints/{name}",
        DestinationFolder = _folder.FullName,
    };

    private string NodeFile(string name = Name) => Path.Combine(_sandbox.CheckpointFolder("node1"), name);

    private int Ranges() => _sandbox.Requests.Count(request => request.Path.Contains("skip%3D", StringComparison.Ordinal));

    private sealed class Recorder(List<TransferProgress> seen) : IProgress<TransferProgress>
    {
        public void Report(TransferProgress value) => seen.Add(value);
    }

    private sealed class Callback(Action<TransferProgress> act) : IProgress<TransferProgress>
    {
        public void Report(TransferProgress value) => act(value);
    }
}

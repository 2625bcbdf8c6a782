using System.Security.Cryptography;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Images.Layers;
using KubeCheckpoint.Sandbox.Cluster;

namespace KubeCheckpoint.Core.Tests.Cluster.Transfer;

public sealed class ArchiveTransferTests : SandboxTests
{
    private const string Name = "checkpoint-web_shop-app-2026-11-23T06:45:23Z.tar";
    private const string LocalName = "checkpoint-web_shop-app-2026-11-23T06-45-23Z.tar";
    private const int Size = 5_000_123;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kubecheckpoint-");
    private readonly byte[] _bytes = RandomNumberGenerator.GetBytes(Size);
    private readonly List<IAsyncDisposable> _transfers = [];

    public ArchiveTransferTests()
        : base(new() { DefaultPods = false }, "operator")
    {
    }

    private string Final => Path.Combine(_folder.FullName, LocalName);

    private string Partial => Final + ".partial";

    protected override async Task SetUpAsync()
    {
        Directory.CreateDirectory(Sandbox.CheckpointFolder("node1"));
        await File.WriteAllBytesAsync(NodeFile(), _bytes);
    }

    protected override async Task CleanUpAsync()
    {
        foreach (var transfer in _transfers)
            await transfer.DisposeAsync();
        Assert.Empty(Sandbox.HelperPods);
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task An_archive_and_its_manifest_arrive_complete_and_only_for_their_owner()
    {
        var seen = new List<TransferProgress>();
        var saved = await Transfer().SaveAsync(Request(Name) with { PodManifest = new("""{"kind":"Pod"}""") }, new ImmediateProgress(seen.Add), default);

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
        Assert.Single(Sandbox.HelperPods);
        Assert.Equal(4, _folder.GetFiles().Length);
    }

    [Theory]
    [InlineData(404, "pods \"h\" not found")]
    [InlineData(500, "unable to upgrade connection: container not found (\"transfer\")")]
    [InlineData(400, "cannot exec into a container in a completed pod; current phase is Failed")]
    public async Task A_helper_that_ended_is_replaced(int status, string words)
    {
        Sandbox.AddFault(new() { PathContains = "skip%3D2%20", Status = status, Body = words });
        await Transfer().SaveAsync(Request(Name), null, default);
        Assert.Equal(_bytes, await File.ReadAllBytesAsync(Final));
        Assert.Equal(2, Sandbox.HelperPods.Count);
    }

    [Fact]
    public async Task An_interrupted_range_is_resumed()
    {
        Sandbox.AddFault(new() { PathContains = "skip%3D", CutAfterBytes = 2_090_000, Times = 1 });
        Sandbox.AddFault(new() { PathContains = "skip%3D", TruncateAfterBytes = 100_001, Times = 1 });
        await Transfer().SaveAsync(Request(Name), null, default);
        Assert.Equal(_bytes, await File.ReadAllBytesAsync(Final));
    }

    [Fact]
    public async Task A_partial_file_of_the_archive_is_resumed()
    {
        await File.WriteAllBytesAsync(Partial, _bytes[..3_000_001]);
        await Transfer().SaveAsync(Request(Name), null, default);
        Assert.Equal(_bytes, await File.ReadAllBytesAsync(Final));
        Assert.DoesNotContain(Sandbox.Requests, request => request.Path.Contains("skip%3D0%20", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_partial_file_of_another_archive_is_discarded()
    {
        await File.WriteAllBytesAsync(Partial, RandomNumberGenerator.GetBytes(1_500_000));
        await Transfer().SaveAsync(Request(Name), null, default);
        Assert.Equal(_bytes, await File.ReadAllBytesAsync(Final));
    }

    [Fact]
    public async Task A_connection_that_always_breaks_fails_and_leaves_no_archive()
    {
        Sandbox.AddFault(new() { PathContains = "skip%3D", Status = 502, Times = int.MaxValue });
        await Failing.WithAsync("TransferBroken", () => Transfer().SaveAsync(Request(Name), null, default));
        Assert.False(File.Exists(Final));
    }

    [Fact]
    public async Task An_archive_that_changes_on_the_node_is_read_again()
    {
        var transfer = Transfer();
        var changed = false;
        var progress = new ImmediateProgress(report =>
        {
            if (changed || report.Done == 0)
                return;
            changed = true;
            using var file = File.OpenWrite(NodeFile());
            file.Seek(-10, SeekOrigin.End);
            file.Write(new byte[10]);
        });
        await transfer.SaveAsync(Request(Name), progress, default);
        Assert.Equal(_bytes.SkipLast(10).Concat(new byte[10]), await File.ReadAllBytesAsync(Final));
    }

    [Fact]
    public async Task An_archive_that_grows_on_the_node_is_continued()
    {
        var transfer = Transfer();
        var grown = false;
        var progress = new ImmediateProgress(report =>
        {
            if (grown || report.Done == 0)
                return;
            grown = true;
            using var file = new FileStream(NodeFile(), FileMode.Append);
            file.Write(new byte[1_000_000]);
        });
        await transfer.SaveAsync(Request(Name), progress, default);
        Assert.Equal(_bytes.Concat(new byte[1_000_000]), await File.ReadAllBytesAsync(Final));
    }

    [Fact]
    public async Task A_byte_that_changes_on_the_way_fails_the_verification()
    {
        Sandbox.AddFault(new() { PathContains = "skip%3D", InvertByteAt = 1_234_567 });
        await Failing.WithAsync("ArchiveVerificationFailed", () => Transfer().SaveAsync(Request(Name), null, default));
        Assert.Empty(_folder.GetFiles());
    }

    [Fact]
    public async Task A_different_file_is_replaced_only_with_overwrite()
    {
        await File.WriteAllTextAsync(Final, "something else");
        await Failing.WithAsync("DestinationExists", () => Transfer().SaveAsync(Request(Name), null, default));
        Assert.Equal("something else", await File.ReadAllTextAsync(Final));

        await Transfer(options => options with { Overwrite = true }).SaveAsync(Request(Name), null, default);
        Assert.Equal(_bytes, await File.ReadAllBytesAsync(Final));
    }

    [Fact]
    public async Task The_same_archive_is_not_transferred_twice()
    {
        await Transfer().SaveAsync(Request(Name), null, default);
        var before = Ranges();
        await Transfer().SaveAsync(Request(Name), null, default);
        Assert.Equal(before, Ranges());
    }

    [Fact]
    public async Task Only_the_source_is_removed_afterwards()
    {
        await File.WriteAllTextAsync(NodeFile("other.tar"), "stays");
        var saved = await Transfer(options => options with { RemoveSource = true }).SaveAsync(Request(Name), null, default);
        Assert.Null(saved.RemoveFailure);
        Assert.False(File.Exists(NodeFile()));
        Assert.True(File.Exists(NodeFile("other.tar")));
    }

    [Fact]
    public async Task A_name_with_shell_syntax_is_only_a_name()
    {
        const string Name = "a'; touch pwned; echo $(id) `id`.tar";
        await File.WriteAllBytesAsync(NodeFile(Name), _bytes[..10]);
        var saved = await Transfer().SaveAsync(Request(Name), null, default);
        Assert.Equal(10, new FileInfo(saved.Path).Length);
        Assert.DoesNotContain(Directory.GetFiles(Sandbox.CheckpointFolder("node1")), file => file.EndsWith("pwned", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("node1", "nosuch.tar", "ArchiveNotOnNode")]
    [InlineData("nosuch", "x.tar", "NodeNotFound")]
    public async Task A_missing_node_or_archive_is_reported(string node, string name, string errorId) =>
        await Failing.WithAsync(errorId, () => Transfer().SaveAsync(Request(name) with { NodeName = node }, null, default));

    [Fact]
    public async Task A_missing_tool_is_reported()
    {
        await using var sandbox = await SandboxCluster.StartAsync(new() { MissingCommands = ["sha256sum", "busybox"] });
        using var client = ClusterClient.Connect(new(sandbox.KubeConfigPath, "admin"));
        await using var transfer = new ArchiveTransfer(client, new() { Image = "tiny:1" });
        var failure = await Failing.WithAsync("HelperToolMissing", () => transfer.SaveAsync(Request(Name), null, default));
        Assert.Contains("'tiny:1' lacks: sha256sum", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_helper_image_that_cannot_be_pulled_is_reported()
    {
        await using var sandbox = await SandboxCluster.StartAsync(new() { MissingImages = ["nosuch:1"] });
        using var client = ClusterClient.Connect(new(sandbox.KubeConfigPath, "admin"));
        await using var transfer = new ArchiveTransfer(client, new() { Image = "nosuch:1" });
        var failure = await Failing.WithAsync("HelperPodNotStarted", () => transfer.SaveAsync(Request(Name), null, default));
        Assert.Contains("nosuch:1", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pod_security_and_a_missing_namespace_are_reported()
    {
        await using var sandbox = await SandboxCluster.StartAsync(new() { EnforcePodSecurity = true });
        using var client = ClusterClient.Connect(new(sandbox.KubeConfigPath, "admin"));
        await using var refused = new ArchiveTransfer(client, new() { Image = "busybox:1", Namespace = "default" });
        await Failing.WithAsync("HelperPodRefused", () => refused.SaveAsync(Request(Name), null, default));
        await using var missing = new ArchiveTransfer(client, new() { Image = "busybox:1", Namespace = "nosuch" });
        await Failing.WithAsync("HelperNamespaceMissing", () => missing.SaveAsync(Request(Name), null, default));
    }

    [Fact]
    public async Task Cancelling_leaves_no_helper_and_keeps_the_partial_file()
    {
        using var cancel = new CancellationTokenSource();
        var transfer = Transfer();
        Sandbox.AddFault(new() { PathContains = "skip%3D2%20", NeverResponds = true, Times = int.MaxValue });
        var progress = new ImmediateProgress(_ => { });
        var running = transfer.SaveAsync(Request(Name), progress, cancel.Token);
        while (!Sandbox.Requests.Any(request => request.Path.Contains("skip%3D2%20", StringComparison.Ordinal)))
            await Task.Delay(10);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await transfer.DisposeAsync();
        Assert.Empty(Sandbox.HelperPods);
        Assert.True(File.Exists(Partial));
        Assert.False(File.Exists(Final));
    }

    private ArchiveTransfer Transfer(Func<ArchiveTransferOptions, ArchiveTransferOptions>? change = null)
    {
        var options = new ArchiveTransferOptions { Image = "busybox:1", RangeSize = 2 * 1024 * 1024 };
        var transfer = new ArchiveTransfer(Client, change is null ? options : change(options));
        _transfers.Add(transfer);
        return transfer;
    }

    private SaveRequest Request(string name) => new()
    {
        NodeName = "node1",
        NodePath = $"/var/lib/kubelet/checkpoints/{name}",
        DestinationFolder = _folder.FullName,
    };

    private string NodeFile(string name = Name) => Path.Combine(Sandbox.CheckpointFolder("node1"), name);

    private int Ranges() => Sandbox.Requests.Count(request => request.Path.Contains("skip%3D", StringComparison.Ordinal));
}

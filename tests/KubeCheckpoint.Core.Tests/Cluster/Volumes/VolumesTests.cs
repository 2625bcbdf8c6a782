using System.Formats.Tar;
using KubeCheckpoint.Archives.Summaries;
using KubeCheckpoint.Cluster.Checkpoints;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Restore;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Cluster.Volumes;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Sandbox;
using KubeCheckpoint.Sandbox.Cluster;

namespace KubeCheckpoint.Core.Tests.Cluster.Volumes;

/// <summary>The content of volumes, from a running pod into a restored one, in the sandbox.</summary>
public sealed class VolumesTests : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kubecheckpoint-");
    private SandboxCluster _sandbox = null!;
    private ClusterClient _client = null!;
    private ArchiveTransfer _archives = null!;
    private VolumeTransfer _volumes = null!;
    private bool _overwrites;
    private readonly Stack<IAsyncDisposable> _owned = new();

    public Task InitializeAsync() => StartAsync(new());

    public async Task DisposeAsync()
    {
        await StopAsync();
        Assert.Empty(_sandbox.HelperPods);
        _folder.Delete(recursive: true);
    }

    [UnixFact]
    public async Task Volumes_are_kept_beside_the_archive_only_for_their_owner()
    {
        await File.WriteAllTextAsync(Path.Combine(Data, "log"), "one\n");
        File.CreateSymbolicLink(Path.Combine(Data, "link"), "/etc/passwd");
        await File.WriteAllTextAsync(Path.Combine(SharedMemory, "zoo-shm"), new string('x', 4096));

        var archive = await SaveAsync();

        Assert.Equal(["data", "dev-shm"], archive.Volumes.Select(volume => volume.Name));
        Assert.Equal([CheckpointVolumeKind.EmptyDir, CheckpointVolumeKind.SharedMemory], archive.Volumes.Select(volume => volume.Kind));
        Assert.Equal($"{archive.Path}.volume-data", archive.Volumes[0].Path);
        Assert.Equal(["./", "./link", "./log"], Entries(archive.Volumes[0]).Keys.Order(StringComparer.Ordinal));
        Assert.Equal("/etc/passwd", Entries(archive.Volumes[0])["./link"]);
        Assert.All(archive.Volumes, volume => Assert.InRange(volume.Delay!.Value, TimeSpan.Zero, TimeSpan.FromMinutes(5)));
        Assert.All(archive.Volumes, volume => Assert.Equal(new FileInfo(volume.Path).Length, volume.Size));
        Assert.All(_folder.GetFiles(), file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, file.UnixFileMode));
        Assert.DoesNotContain(_folder.GetFiles(), file => file.Extension == ".partial");

        var read = await CheckpointArchiveReader.ReadAsync(archive.Path, default);
        Assert.Equal(archive.Volumes.Select(volume => (volume.Path, volume.Sha256, volume.Delay)), read.Volumes.Select(volume => (volume.Path, volume.Sha256, volume.Delay)));
    }

    [UnixFact]
    public async Task Busybox_keeps_what_it_can_and_says_what_it_cannot()
    {
        await StopAsync();
        await StartAsync(new() { MissingCommands = ["tar"] });
        await using (var sparse = File.Create(Path.Combine(Data, "sparse")))
            sparse.SetLength(4 * 1024 * 1024);

        var volume = Assert.Single((await SaveAsync()).Volumes);

        Assert.Contains("./sparse", Entries(volume).Keys);
        Assert.Contains(volume.Remarks, remark => remark.Contains("Extended attributes", StringComparison.Ordinal));
        Assert.Contains(volume.Remarks, remark => remark.Contains("zeros instead of holes", StringComparison.Ordinal));
        Assert.False(volume.RequiresGnuTar);
    }

    [UnixFact]
    public async Task Sparse_files_long_names_and_hard_links_are_kept_by_gnu_tar()
    {
        await using (var sparse = File.Create(Path.Combine(Data, "sparse")))
            sparse.SetLength(1024L * 1024 * 1024);
        var longName = new string('n', 200);
        await File.WriteAllTextAsync(Path.Combine(Data, longName), "text");

        var volume = Assert.Single((await SaveAsync()).Volumes);

        Assert.InRange(volume.Size, 1, 100_000);
        Assert.True(volume.RequiresGnuTar);
        Assert.Contains($"./{longName}", Entries(volume).Keys);
    }

    [UnixFact]
    public Task A_copy_that_is_cut_begins_again() => BreakAsync(new() { PathContains = "one-file-system", CutAfterBytes = 100_000 });

    [UnixFact]
    public Task A_copy_of_which_a_part_arrives_begins_again() => BreakAsync(new() { PathContains = "one-file-system", TruncateAfterBytes = 100_000 });

    private async Task BreakAsync(SandboxFault fault)
    {
        var bytes = new byte[300_000];
        Random.Shared.NextBytes(bytes);
        await File.WriteAllBytesAsync(Path.Combine(Data, "file"), bytes);
        _sandbox.AddFault(fault);

        var volume = Assert.Single((await SaveAsync()).Volumes);

        Assert.InRange(volume.Size, 300_000, 400_000);
        Assert.Equal(2, _sandbox.Requests.Count(request => request.Path.Contains("data", StringComparison.Ordinal)
            && request.Path.Contains("one-file-system", StringComparison.Ordinal)));
    }

    [UnixFact]
    public async Task A_copy_that_always_breaks_off_leaves_nothing()
    {
        _sandbox.AddFault(new() { PathContains = "one-file-system", Status = 500, Times = int.MaxValue });
        await Failing.WithAsync("VolumeNotSaved", SaveAsync);
        Assert.Empty(_folder.GetFiles());
    }

    [UnixFact]
    public async Task Cancelling_leaves_no_helper_and_no_partial_file()
    {
        var checkpoint = await CheckpointAsync();
        _sandbox.AddFault(new() { PathContains = "one-file-system", NeverResponds = true, Times = int.MaxValue });
        using var cancel = new CancellationTokenSource();
        var running = _volumes.CopyAsync(VolumesOf(checkpoint), null, cancel.Token);
        while (!_sandbox.Requests.Any(request => request.Path.Contains("one-file-system", StringComparison.Ordinal)))
            await Task.Delay(10);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.Empty(_folder.GetFiles());
    }

    [UnixFact]
    public async Task Volumes_of_an_earlier_run_stay_and_are_replaced_on_request()
    {
        var checkpoint = await CheckpointAsync();
        var first = await SaveAsync(checkpoint);
        await File.WriteAllTextAsync(Path.Combine(Data, "later"), "x");
        var again = await SaveAsync(checkpoint);
        _overwrites = true;
        await StopAsync(keepsSandbox: true);
        Connect();
        var replaced = await SaveAsync(checkpoint);

        Assert.Equal(first.Volumes.Single().Sha256, again.Volumes.Single().Sha256);
        Assert.Contains("./later", Entries(replaced.Volumes.Single()).Keys);
    }

    [UnixFact]
    public async Task Content_that_a_process_has_open_lets_its_container_come_back()
    {
        await File.WriteAllTextAsync(Path.Combine(SharedMemory, "zoo-shm"), new string('x', 5000));
        await File.WriteAllTextAsync(Path.Combine(Data, "log"), "one\n");
        var archive = await SaveAsync();
        _sandbox.AddFault(new() { PathContains = "head%20-c", CutRequestAfterBytes = 2000 });

        await Failing.WithAsync("RestoreFailed", () => RestoreAsync(archive, request => request with { RestoresVolumes = false }));
        var pod = await RestoreAsync(archive);

        Assert.Equal("Running", pod.Status);
        Assert.Equal("one\n", await File.ReadAllTextAsync(Path.Combine(_sandbox.VolumeFolder("shop", pod.PodName, "data"), "log")));
        Assert.Equal(4096, new FileInfo(Path.Combine(_sandbox.VolumeFolder("shop", pod.PodName, null), "zoo-shm")).Length);
    }

    [UnixFact]
    public async Task Volumes_that_were_changed_or_belong_to_another_archive_are_refused()
    {
        var first = await SaveAsync();
        await Task.Delay(1100);
        var second = await SaveAsync();
        var plan = (Func<RestoreRequest, RestoreRequest> change) => new PodRestorer(_client).PlanAsync(change(RequestFor(second)), default);

        await Failing.WithAsync("VolumesOfOtherArchive", () => plan(request => request with { VolumePaths = [first.Path] }));
        Assert.Single((await plan(request => request with { VolumePaths = [first.Path], ForcesVolumes = true })).Volumes);
        await File.AppendAllTextAsync(second.Volumes[0].Path, "x");
        await Failing.WithAsync("VolumeVerificationFailed", () => plan(request => request));
        File.Delete(second.Volumes[0].Path);
        await Failing.WithAsync("VolumeFileMissing", () => plan(request => request));
        await Failing.WithAsync("VolumesNotFound", () => plan(request => request with { VolumePaths = [Path.Combine(_folder.FullName, "none")] }));
    }

    [UnixFact]
    public async Task Content_beyond_the_size_limit_is_refused_before_anything_is_made()
    {
        await File.WriteAllTextAsync(Path.Combine(Data, "file"), new string('x', 3000));
        var archive = await SaveAsync();
        var patch = """{"spec":{"volumes":[{"name":"data","emptyDir":{"sizeLimit":"2Ki"}}]}}""";
        var failure = await Failing.WithAsync("VolumeTooLarge", () => RestoreAsync(archive, request => request with { Patch = patch }));
        Assert.Contains("2Ki", failure.Message, StringComparison.Ordinal);
        Assert.Single(_sandbox.Pods, pod => (string?)pod["metadata"]!["namespace"] == "shop");
    }

    private string Data => _sandbox.VolumeFolder("shop", "web", "data");

    private string SharedMemory => _sandbox.VolumeFolder("shop", "web", null);

    private async Task StartAsync(SandboxOptions options)
    {
        var image = new SandboxImage(
            "127.0.0.1:5000/kc-zoo:1", $"sha256:{new string('0', 64)}", "e2c6cf085ae28a8cb0cc6229bc9c745a289d941f2e9a3169570b3160965bf0b2");
        _sandbox = await SandboxCluster.StartAsync(
            options with { DefaultPods = false, PodRetry = TimeSpan.FromMilliseconds(100), Images = [.. options.Images, image] });
        _sandbox.AddPod(new SandboxPod("shop", "web", "node1", new SandboxContainer("app")
        {
            Archive = Fixture.PathOf("zoo-crio.tar"),
            Mounts = new Dictionary<string, string> { ["data"] = "/data" },
        })
        { EmptyDirs = ["data"] });
        Connect();
    }

    private void Connect()
    {
        _client = ClusterClient.Connect(new(_sandbox.KubeConfigPath, "admin"));
        var options = new ArchiveTransferOptions { Image = "busybox:1", Overwrite = _overwrites };
        _archives = Own(new ArchiveTransfer(_client, options));
        _volumes = Own(new VolumeTransfer(_client, _archives, options));
    }

    private T Own<T>(T transfer)
        where T : IAsyncDisposable
    {
        _owned.Push(transfer);
        return transfer;
    }

    private async Task StopAsync(bool keepsSandbox = false)
    {
        while (_owned.TryPop(out var transfer))
            await transfer.DisposeAsync();
        _client.Dispose();
        if (!keepsSandbox)
            await _sandbox.DisposeAsync();
    }

    private async Task<ContainerCheckpoint> CheckpointAsync()
    {
        using var checkpointer = new ContainerCheckpointer(_client);
        return await checkpointer.CheckpointAsync(new() { Namespace = "shop", PodName = "web", ContainerName = "app" }, null, default);
    }

    private async Task<CheckpointArchive> SaveAsync() => await SaveAsync(await CheckpointAsync());

    private async Task<CheckpointArchive> SaveAsync(ContainerCheckpoint checkpoint)
    {
        var pending = await _volumes.CopyAsync(VolumesOf(checkpoint), null, default);
        var save = new SaveRequest
        {
            NodeName = checkpoint.NodeName!,
            NodePath = checkpoint.NodePath,
            DestinationFolder = _folder.FullName,
            PodManifest = checkpoint.PodManifest,
        };
        var saved = await _archives.SaveAsync(save, null, default);
        return await pending.PublishAsync(await CheckpointArchiveReader.ReadAsync(saved.Path, default), default);
    }

    private VolumeRequest VolumesOf(ContainerCheckpoint checkpoint) => new()
    {
        NodeName = checkpoint.NodeName!,
        NodePath = checkpoint.NodePath,
        DestinationFolder = _folder.FullName,
        PodUid = checkpoint.PodUid!,
        ContainerName = "app",
        PodManifest = checkpoint.PodManifest!,
        CheckpointedAt = checkpoint.CheckpointedAt,
    };

    private RestoreRequest RequestFor(CheckpointArchive archive) => new()
    {
        Archives = [archive],
        Repository = $"{_sandbox.RegistryAddress}/restore",
        Registry = new() { PlainHttp = true },
        NodeName = "node2",
        RemoveOnFailure = true,
        PullBaseImages = false,
        Helper = new() { Image = "busybox:1" },
        Timeout = TimeSpan.FromSeconds(60),
    };

    private async Task<Pod> RestoreAsync(CheckpointArchive archive, Func<RestoreRequest, RestoreRequest>? change = null)
    {
        var restorer = new PodRestorer(_client);
        var plan = await restorer.PlanAsync(change?.Invoke(RequestFor(archive)) ?? RequestFor(archive), default);
        return (await restorer.RestoreAsync(plan, null, default)).Pod;
    }

    private static Dictionary<string, string> Entries(CheckpointVolume volume)
    {
        using var file = File.OpenRead(volume.Path);
        using var tar = new TarReader(file);
        var entries = new Dictionary<string, string>(StringComparer.Ordinal);
        while (tar.GetNextEntry() is { } entry)
            entries.Add(entry.Name, entry.LinkName);
        return entries;
    }
}

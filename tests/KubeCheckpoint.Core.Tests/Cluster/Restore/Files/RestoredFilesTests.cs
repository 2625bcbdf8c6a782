using System.Formats.Tar;
using KubeCheckpoint.Archives.Summaries;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Restore;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Core.Tests.Support;
using KubeCheckpoint.Images;
using KubeCheckpoint.Sandbox;
using KubeCheckpoint.Sandbox.Cluster;

namespace KubeCheckpoint.Core.Tests.Cluster.Restore.Files;

/// <summary>Files of restored pods in the sandbox, whose shell is a real one, compared with archives.</summary>
public sealed class RestoredFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _warnings = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_pod_whose_files_came_back_is_restored()
    {
        Assert.Equal("Running", (await RestoreAsync(new())).Status);
        Assert.Empty(_warnings);
    }

    [Fact]
    public async Task Files_that_did_not_come_back_are_an_error_that_lists_them()
    {
        var failure = await Failing.WithAsync("RestoredFilesDiffer", () => RestoreAsync(new()
        {
            ChangeRestoredFiles = root =>
            {
                Spoil(root);
                Directory.Delete($"{root}/data", recursive: true);
            },
        }));

        Assert.Equal(["/data Missing", "/data/new Missing", "/etc/app OtherSize", "/etc/old OtherTime"], Differences(failure));
        Assert.Contains("/data is missing", failure.Message, StringComparison.Ordinal);
        Assert.True(failure.Message.Length < 600, failure.Message);
    }

    [Fact]
    public async Task What_the_process_may_have_changed_is_no_error() => Assert.Equal("Running", (await RestoreAsync(new()
    {
        RestoredAge = TimeSpan.FromMinutes(1),
        ChangeRestoredFiles = root =>
        {
            File.Delete($"{root}/etc/old");
            File.AppendAllText($"{root}/etc/app", "more");
        },
    })).Status);

    [Fact]
    public async Task Without_stat_missing_files_are_found_all_the_same()
    {
        var options = new SandboxOptions { MissingCommands = ["stat", "busybox"], ChangeRestoredFiles = root => File.Delete($"{root}/etc/old") };
        var failure = await Failing.WithAsync("RestoredFilesDiffer", () => RestoreAsync(options));
        Assert.Equal("/etc/old", Assert.Single(Assert.IsType<RestoredFiles>(failure.Target).Differences).Path);
    }

    [UnixFact]
    public async Task Files_of_a_container_without_a_shell_are_compared_from_its_node()
    {
        Assert.Equal("Running", (await RestoreAsync(WithoutShell)).Status);
        Assert.Empty(_warnings);

        var failure = await Failing.WithAsync("RestoredFilesDiffer", () => RestoreAsync(WithoutShell with { ChangeRestoredFiles = Spoil }));
        Assert.Equal(["/data/new Missing", "/etc/app OtherSize", "/etc/old OtherTime"], Differences(failure));
    }

    [UnixFact]
    public async Task From_the_node_no_link_is_followed()
    {
        var outside = Directory.CreateDirectory(Path.Join(_folder.Path, "outside")).FullName;
        File.Copy(_folder.Write("new", "12345"u8.ToArray()), Path.Join(outside, "new"));
        File.SetLastWriteTimeUtc(Path.Join(outside, "new"), DateTime.UnixEpoch.AddDays(20000));
        var failure = await Failing.WithAsync("RestoredFilesDiffer", () => RestoreAsync(WithoutShell with
        {
            ChangeRestoredFiles = root =>
            {
                Directory.Delete($"{root}/data", recursive: true);
                Directory.CreateSymbolicLink($"{root}/data", outside);
            },
        }));
        Assert.Equal(["/data OtherType", "/data/new Missing"], Differences(failure));
    }

    [UnixFact]
    public async Task What_cannot_be_seen_from_the_node_either_is_said_not_to_be_compared()
    {
        var options = WithoutShell with { EnforcePodSecurity = true, ChangeRestoredFiles = root => File.Delete($"{root}/etc/old") };
        Assert.Equal("Running", (await RestoreAsync(options, helperNamespace: "shop")).Status);
        Assert.Contains(
            "were not compared with the checkpoint: it has no shell; from its node: Namespace 'shop' does not allow the helper pod",
            Assert.Single(_warnings),
            StringComparison.Ordinal);
    }

    private static SandboxOptions WithoutShell => new() { ContainersWithoutShell = ["counter"] };

    private static void Spoil(string root)
    {
        File.Delete($"{root}/data/new");
        File.WriteAllText($"{root}/etc/app", "other content");
        File.SetLastWriteTimeUtc($"{root}/etc/app", DateTime.UnixEpoch.AddDays(20000));
        File.SetLastWriteTimeUtc($"{root}/etc/old", DateTime.UnixEpoch);
    }

    private static IEnumerable<string> Differences(KubeCheckpointException failure) => Assert.IsType<RestoredFiles>(failure.Target).Differences
        .Select(difference => $"{difference.Path} {difference.Problem}").Order(StringComparer.Ordinal);

    private async Task<Pod> RestoreAsync(SandboxOptions options, string helperNamespace = ArchiveTransferOptions.DefaultNamespace)
    {
        const string Node = "node2";
        await using var sandbox = await SandboxCluster.StartAsync(options with { DefaultPods = false, PodRetry = TimeSpan.FromMilliseconds(100) });
        sandbox.AddPod(new SandboxPod("shop", "web", Node, new SandboxContainer("counter")));
        using var client = ClusterClient.Connect(new(sandbox.KubeConfigPath, "admin"));
        var pod = await client.GetPodAsync("shop", "web", default);
        var image = await RestoreImageFactory.CreateAsync(
            new RestoreImageRequest
            {
                Archive = await CheckpointArchiveReader.ReadAsync(WriteArchive(), default),
                Repository = $"{sandbox.RegistryAddress}/restore/web",
                PodManifest = pod.Manifest,
                Registry = new() { PlainHttp = true },
            },
            null,
            default);
        var request = new RestoreRequest
        {
            Images = [image],
            PullBaseImages = false,
            NodeName = Node,
            ComparesAllFiles = true,
            OnWarning = _warnings.Add,
            Helper = new() { Namespace = helperNamespace },
        };
        var plan = await PodRestorer.PlanOfflineAsync(request);
        return (await new PodRestorer(client).RestoreAsync(plan!, null, default)).Pod;
    }

    /// <summary>A real archive of CRI-O with other changed files.</summary>
    private string WriteArchive()
    {
        using var diff = new MemoryStream();
        using (var tar = new TarWriter(diff, TarEntryFormat.Pax, leaveOpen: true))
        {
            tar.WriteEntry(new PaxTarEntry(TarEntryType.Directory, "data/"));
            foreach (var name in new[] { "data/new", "etc/app", "etc/old", "proc/hidden" })
            {
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name)
                {
                    DataStream = new MemoryStream("12345"u8.ToArray()),
                    ModificationTime = DateTimeOffset.UnixEpoch.AddDays(20000),
                });
            }
            tar.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "etc/link") { LinkName = "nowhere" });
        }
        using var archive = new EditedArchive(
            "crio-counter.tar", (name, content) => name is "rootfs-diff.tar" or "deleted.files" ? null : content, tar => tar.Add("rootfs-diff.tar", diff.ToArray()));
        return _folder.Write("web.tar", File.ReadAllBytes(archive.Path));
    }
}

using System.Formats.Tar;
using KubeCheckpoint.Archives.Summaries;
using KubeCheckpoint.Cluster.Clients;
using KubeCheckpoint.Cluster.Restore;
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
                Directory.Delete($"{root}/data", recursive: true);
                File.WriteAllText($"{root}/etc/app", "other content");
                File.SetLastWriteTimeUtc($"{root}/etc/app", DateTime.UnixEpoch.AddDays(20000));
                File.SetLastWriteTimeUtc($"{root}/etc/old", DateTime.UnixEpoch);
            },
        }));

        var files = Assert.IsType<RestoredFiles>(failure.Target);
        Assert.Equal(
            ["/data Missing", "/data/new Missing", "/etc/app OtherSize", "/etc/old OtherTime"],
            files.Differences.Select(difference => $"{difference.Path} {difference.Problem}").Order(StringComparer.Ordinal));
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

    [Fact]
    public async Task A_container_without_a_shell_is_said_not_to_be_compared()
    {
        var options = new SandboxOptions { MissingCommands = ["sh"], ChangeRestoredFiles = root => File.Delete($"{root}/etc/old") };
        Assert.Equal("Running", (await RestoreAsync(options)).Status);
        Assert.Contains("were not compared with the checkpoint: it has no shell", Assert.Single(_warnings), StringComparison.Ordinal);
    }

    private async Task<Pod> RestoreAsync(SandboxOptions options)
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
        var request = new RestoreRequest { Images = [image], PullBaseImages = false, NodeName = Node, ComparesAllFiles = true, OnWarning = _warnings.Add };
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

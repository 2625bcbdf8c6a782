using System.Text;
using KubeCheckpoint.Cluster.Transfer;
using KubeCheckpoint.Core.Tests.Support;

namespace KubeCheckpoint.Core.Tests.Cluster.Transfer;

public sealed class NodeLogTests() : SandboxTests(new() { DefaultPods = false }, "admin")
{
    private static readonly RestoreLogPlace Place = RestoreLogPlace.Of("failed to restore containerd task");

    [Fact]
    public async Task The_log_of_the_next_restore_is_read_although_the_runtime_deletes_it()
    {
        Write("running", "the log of a container that was restored before\n");
        await using var transfer = new ArchiveTransfer(Client, new() { Image = "busybox:1" });

        var caught = transfer.Logs.CatchAsync("node3", Place, default);
        for (var attempt = 1; !caught.IsCompleted; attempt++)
        {
            // Each try of the kubelet is another container.
            var folder = Write($"next-{attempt}", "Error (criu/x.c:1): why\n");
            await Task.Delay(200);
            Directory.Delete(folder, recursive: true);
            await Task.Delay(50);
        }

        var (log, reason) = await caught;
        Assert.Null(reason);
        Assert.Matches("\\Anext-[0-9]+/restore.log\nError \\(criu/x.c:1\\): why\n\\z", Encoding.UTF8.GetString(log!));
        Assert.Empty(Sandbox.HelperPods);
    }

    [Fact]
    public async Task A_log_that_is_not_there_is_a_reason()
    {
        var folder = Write("container", "");
        await using var transfer = new ArchiveTransfer(Client, new() { Image = "busybox:1" });

        var (log, reason) = await transfer.Logs.ReadAsync("node3", new($"{Place.Folder}/container", "dump.log"), default);

        Assert.Null(log);
        Assert.Equal($"there is no log at {Place.Folder}/container/dump.log", reason);
        Assert.True(Directory.Exists(folder));
    }

    private string Write(string container, string text)
    {
        var root = Sandbox.CheckpointFolder("node3")[..^"/var/lib/kubelet/checkpoints".Length];
        var folder = Directory.CreateDirectory(Path.Join(root, Place.Folder, container)).FullName;
        File.WriteAllText(Path.Join(folder, "restore.log"), text);
        return folder;
    }
}

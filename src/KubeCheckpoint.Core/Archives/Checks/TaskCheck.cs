using System.Globalization;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Archives.Checks;

/// <summary>Checks that every process in the tree has its images, and that every image has its process.</summary>
internal static class TaskCheck
{
    // Task states of a core image (CRIU, compel/include/uapi/task-state.h).
    private const uint Dead = 2;
    private const uint Zombie = 6;

    private static readonly string[] PerProcess = ["core", "mm", "pagemap", "fs", "ids"];

    public static void Run(CheckpointImages images, CheckReport report, CancellationToken cancellationToken)
    {
        var threads = new HashSet<uint>();
        var hasNoMemory = RestorableImages.WentToPageServer(images);
        var descriptors = new MissingDescriptors(images, report, cancellationToken);
        foreach (var task in images.Tasks)
        {
            threads.Add(task.Pid);
            threads.UnionWith(task.Threads);
            report.Try(report.Image(CheckpointImages.Name("core", task.Pid)), () => CheckTask(images, task, hasNoMemory, descriptors, report));
        }
        CheckParents(images, report);
        CheckStale(images.Content, threads, report);
    }

    private static void CheckTask(CheckpointImages images, PstreeEntry task, bool hasNoMemory, MissingDescriptors descriptors, CheckReport report)
    {
        var core = Require(images, "core", task.Pid, report) ? images.Core(task.Pid) : null;
        // A zombie has only its core image.
        if (core is null || core.Tc?.TaskState is Dead or Zombie)
            return;
        foreach (var kind in PerProcess.Skip(1).Where(kind => kind != "pagemap" || !hasNoMemory))
            Require(images, kind, task.Pid, report);
        foreach (var thread in task.Threads.Where(thread => thread != task.Pid))
            Require(images, "core", thread, report);
        if (images.Ids(task.Pid) is { } ids && images.Content.FindImage($"fdinfo-{ids.FilesId}.img") is null)
            descriptors.Check(task.Pid, report.Image(CheckpointImages.Name("fdinfo", ids.FilesId)));
    }

    private static void CheckParents(CheckpointImages images, CheckReport report)
    {
        var known = new HashSet<uint>();
        foreach (var task in images.Tasks)
        {
            if (!known.Add(task.Pid))
                report.Error("DanglingReference", report.Image("pstree.img"), $"Process {task.Pid} occurs twice.");
            if (task.Ppid != 0 && !known.Contains(task.Ppid))
                report.Dangling(report.Image("pstree.img"), $"The parent {task.Ppid} of process {task.Pid} does not precede it.");
        }
    }

    // Podman's repeated dumps leave images of processes that have ended since.
    private static void CheckStale(CheckpointContent content, HashSet<uint> threads, CheckReport report)
    {
        foreach (var member in content.Members)
        {
            var name = System.IO.Path.GetFileNameWithoutExtension(member.Name);
            var dash = name.LastIndexOf('-');
            if (dash > 0
                && PerProcess.Contains(name[..dash])
                && uint.TryParse(name.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                && !threads.Contains(id))
            {
                report.Warning("StaleImage", member.Name, $"There is no process or thread {id} in the tree.");
            }
        }
    }

    private static bool Require(CheckpointImages images, string kind, uint id, CheckReport report)
    {
        if (images.Content.FindImage($"{kind}-{id}.img") is not null)
            return true;
        var member = report.Image(CheckpointImages.Name(kind, id));
        report.Error("MissingImage", member, $"There is no member '{member}', which process {id} requires.");
        return false;
    }
}

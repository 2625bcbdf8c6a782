using System.Globalization;
using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Criu;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Archives.Processes;

/// <summary>
/// The processes in <c>pstree.img</c>. Podman's repeated dumps leave images of processes that have ended: what is not
/// in the tree is not a process of the checkpoint.
/// </summary>
internal sealed class TaskList(CheckpointImages images)
{
    /// <summary>The parent of each process.</summary>
    public IReadOnlyDictionary<uint, uint> Parents
    {
        get
        {
            var parents = new Dictionary<uint, uint>();
            foreach (var task in images.Tasks)
                parents.TryAdd(task.Pid, task.Ppid);
            return parents;
        }
    }

    /// <summary>Those that pass a filter, in the order of the image.</summary>
    /// <exception cref="KubeCheckpointException">CriuImageDamaged.</exception>
    public IEnumerable<TaskNode> Read(ProcessFilter filter)
    {
        foreach (var task in images.Tasks)
        {
            Check(task);
            var name = images.ReadCore(task.Pid)?.Tc?.Comm ?? "";
            if (filter((int)task.Pid, name))
                yield return new TaskNode(task, name);
        }
    }

    // The limit of Linux is PID_MAX_LIMIT, 4194304; every thread has a core image in the archive.
    private void Check(PstreeEntry task)
    {
        if (task.Pid > int.MaxValue || task.Ppid > int.MaxValue || task.Pgid > int.MaxValue || task.Sid > int.MaxValue)
            throw Damaged(string.Create(CultureInfo.InvariantCulture, $"process {task.Pid} has an impossible id"));
        var count = task.Threads.Count;
        if (count > images.Content.Members.Count)
            throw Damaged(string.Create(CultureInfo.InvariantCulture, $"process {task.Pid} has {count} threads, more than the archive has members"));
    }

    private KubeCheckpointException Damaged(string reason) =>
        CriuFailure.CriuImageDamaged(new CriuImageName(images.Content.Path, images.Content.MemberOf("pstree.img")), 0, reason);
}

using KubeCheckpoint.Archives.Contents;
using KubeCheckpoint.Criu.Files;

namespace KubeCheckpoint.Archives.Descriptors;

/// <summary>The descriptors of the processes of a checkpoint.</summary>
internal static class ProcessDescriptors
{
    /// <summary>The descriptors of the selected processes, process by process in the order of the tree.</summary>
    public static IEnumerable<ProcessDescriptor> Read(CheckpointImages images, ProcessFilter filter, CancellationToken cancellationToken)
    {
        foreach (var task in images.Tasks)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var core = images.Core(task.Pid);
            var name = core?.Tc?.Comm ?? string.Empty;
            if (!filter((int)task.Pid, name))
                continue;
            var flags = OpenFlags.Of(core?.Mtype ?? default);
            foreach (var entry in images.Descriptors(task.Pid))
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return new ProcessDescriptor((int)task.Pid, name, entry, images.Files.GetValueOrDefault(entry.Id), flags);
            }
        }
    }
}

using System.Globalization;

namespace KubeCheckpoint.Archives;

/// <summary>Failures of exporting memory from a checkpoint archive.</summary>
public static class MemoryFailure
{
    /// <summary>The archive has no such process.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="process">The requested id or name.</param>
    public static KubeCheckpointException ProcessNotInArchive(string path, string process) =>
        new(nameof(ProcessNotInArchive), FailureCategory.ObjectNotFound, process, $"'{path}' has no process '{process}'.",
            "List the processes with Get-CheckpointProcess. Ids are those of the container's own PID namespace.");

    /// <summary>The process has no memory: it is a zombie.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="processId">Its id.</param>
    /// <param name="processName">Its name.</param>
    public static KubeCheckpointException ProcessWithoutMemory(string path, int processId, string processName) =>
        new(nameof(ProcessWithoutMemory), FailureCategory.ObjectNotFound, processId,
            $"Process {Id(processId)} ({processName}) of '{path}' has no memory: it is a zombie.", "Choose another process.");

    /// <summary>Core files are not supported for this process.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="processId">Its id.</param>
    /// <param name="reason">The reason.</param>
    public static KubeCheckpointException CoreDumpNotSupported(string path, int processId, string reason) =>
        new(nameof(CoreDumpNotSupported), FailureCategory.NotImplemented, processId,
            $"Cannot write a core file of process {Id(processId)} of '{path}': {reason}.",
            "Core files are supported for 64-bit processes on x86_64 and aarch64. Use Export-CheckpointMemory for the raw bytes.");

    /// <summary>The requested memory is not in the archive.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="processId">The process.</param>
    /// <param name="range">The requested range.</param>
    public static KubeCheckpointException MemoryNotInArchive(string path, int processId, MemoryRange range) =>
        new(nameof(MemoryNotInArchive), FailureCategory.ObjectNotFound, processId,
            $"The memory at {range} of process {Id(processId)} is not in '{path}'.",
            "See what is mapped there with Get-CheckpointMemoryMap. Unchanged pages of mapped files are in those files, not in the archive.");

    /// <summary>No map with this name has pages in the archive.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="processId">The process.</param>
    /// <param name="maps">The requested names.</param>
    public static KubeCheckpointException MapNotInArchive(string path, int processId, string maps) =>
        new(nameof(MapNotInArchive), FailureCategory.ObjectNotFound, processId,
            $"'{path}' has no pages of a map '{maps}' of process {Id(processId)}.",
            "List the maps with Get-CheckpointMemoryMap; those with a StoredSize have pages.");

    private static string Id(int value) => value.ToString(CultureInfo.InvariantCulture);
}

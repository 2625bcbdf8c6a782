using System.Globalization;

namespace KubeCheckpoint.Archives;

/// <summary>The failures of taking memory out of a checkpoint archive.</summary>
public static class MemoryFailure
{
    /// <summary>No process of the archive is one of those asked for.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="process">The id or name that was asked for.</param>
    public static KubeCheckpointException ProcessNotInArchive(string path, string process) =>
        new(nameof(ProcessNotInArchive), FailureCategory.ObjectNotFound, process, $"'{path}' has no process '{process}'.",
            "Look with Get-CheckpointProcess which there are; ids are those of the container's own pid namespace.");

    /// <summary>The process has no memory: it is a zombie, of which only the exit code is left.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="processId">Its id.</param>
    /// <param name="processName">Its name.</param>
    public static KubeCheckpointException ProcessWithoutMemory(string path, int processId, string processName) =>
        new(nameof(ProcessWithoutMemory), FailureCategory.ObjectNotFound, processId,
            $"Process {Id(processId)} ({processName}) of '{path}' has no memory: it is a zombie.", "Choose another process.");

    /// <summary>No core file can be written for such a process.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="processId">Its id.</param>
    /// <param name="reason">Why not.</param>
    public static KubeCheckpointException CoreDumpNotSupported(string path, int processId, string reason) =>
        new(nameof(CoreDumpNotSupported), FailureCategory.NotImplemented, processId,
            $"No core file is written of process {Id(processId)} of '{path}': {reason}.",
            "Core files are written for 64-bit processes of x86_64 and aarch64. Take the bytes with Export-CheckpointMemory.");

    /// <summary>Nothing of the memory that was asked for is in the archive.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="processId">The process.</param>
    /// <param name="range">What was asked for.</param>
    public static KubeCheckpointException MemoryNotInArchive(string path, int processId, MemoryRange range) =>
        new(nameof(MemoryNotInArchive), FailureCategory.ObjectNotFound, processId,
            $"Nothing of the memory at {range} of process {Id(processId)} is in '{path}'.",
            "Look with Get-CheckpointMemoryMap what is mapped there. Pages of files that nobody wrote to are in the files, not in the archive.");

    /// <summary>No map of that name has pages in the archive.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="processId">The process.</param>
    /// <param name="maps">The names that were asked for.</param>
    public static KubeCheckpointException MapNotInArchive(string path, int processId, string maps) =>
        new(nameof(MapNotInArchive), FailureCategory.ObjectNotFound, processId,
            $"'{path}' has no pages of a map '{maps}' of process {Id(processId)}.",
            "Look with Get-CheckpointMemoryMap which maps there are, and which have a StoredSize.");

    private static string Id(int value) => value.ToString(CultureInfo.InvariantCulture);
}

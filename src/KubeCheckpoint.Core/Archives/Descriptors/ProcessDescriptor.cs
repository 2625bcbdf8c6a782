using KubeCheckpoint.Criu.Files;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Archives.Descriptors;

/// <summary>A descriptor of a process.</summary>
/// <param name="ProcessId">The process's id in its own pid namespace.</param>
/// <param name="ProcessName">Its name (comm).</param>
/// <param name="Entry">The descriptor.</param>
/// <param name="File">The open file, or null where it is missing from the archive.</param>
/// <param name="Flags">The open flags of the process's architecture.</param>
internal sealed record ProcessDescriptor(int ProcessId, string ProcessName, FdinfoEntry Entry, FileEntry? File, OpenFlags Flags)
{
    public int Number => (int)Entry.Fd;

    /// <summary>The type of the file, or the descriptor's own where the file is missing.</summary>
    public FdTypes Type => File is { HasType: true } ? File.Type : Entry.Type;
}

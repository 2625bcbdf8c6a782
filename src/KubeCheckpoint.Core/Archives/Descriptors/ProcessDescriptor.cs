using KubeCheckpoint.Criu.Files;
using KubeCheckpoint.Criu.Messages;

namespace KubeCheckpoint.Archives.Descriptors;

/// <summary>A descriptor of a process.</summary>
/// <param name="ProcessId">The process's id in its own pid namespace.</param>
/// <param name="ProcessName">Its name (comm).</param>
/// <param name="Entry">The descriptor.</param>
/// <param name="File">What it is open on, or null where the archive has no such file.</param>
/// <param name="Flags">How the process's architecture numbers flags.</param>
internal sealed record ProcessDescriptor(int ProcessId, string ProcessName, FdinfoEntry Entry, FileEntry? File, OpenFlags Flags)
{
    public int Number => (int)Entry.Fd;

    /// <summary>The type of the file; what the descriptor says where there is no file.</summary>
    public FdTypes Type => File is { HasType: true } ? File.Type : Entry.Type;
}

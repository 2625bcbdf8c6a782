using System.Management.Automation;
using KubeCheckpoint.Archives.Exports;
using KubeCheckpoint.Formatting;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Writes the processes in checkpoint archives as core files for gdb.</summary>
/// <remarks>
/// <para>Writes one ELF core file, core.ID, for each process: its threads with their registers, signals, auxiliary vector, mapped files and
/// memory. It works for processes of x86_64 (64-bit) and aarch64, on any host. Core files are sparse: memory the process never touched
/// takes no space on disk.</para>
/// <para>As in a core file from the kernel, unchanged pages of mapped files are not included. Give the debugger the files of the
/// container's image: gdb -iex 'set sysroot ./rootfs' ./rootfs/bin/program core.1. Without them gdb warns "Can't open file" and shows zeros
/// there. Pages in a parent checkpoint, and pages left on the node, cannot be read; MissingBytes counts them.</para>
/// <para>If a process was waiting in a system call, its registers are those CRIU saved: the instruction pointer may be two bytes before the
/// return address, so that the call is made again.</para>
/// <note>A core file holds all memory of the process, including its secrets. It gets its name when it is complete, and only its owner can
/// read it.</note>
/// </remarks>
/// <example>
/// <code>Export-CheckpointCoreDump ./cp/web.tar -Destination ./cores</code>
/// <para>Writes a core file for each process: ./cores/core.1 and so on.</para>
/// </example>
/// <example>
/// <code>
/// Export-CheckpointCoreDump ./cp/web.tar -Name nginx -Destination ./cores -Force |
///     ForEach-Object { gdb -batch -ex 'thread apply all bt' -c $_.Path }
/// </code>
/// <para>Writes core files of the nginx processes, overwriting existing ones, and shows the stack of every thread.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointArchive ./cp/web.tar | Export-CheckpointCoreDump -Id 1 -Destination ./web.core</code>
/// <para>Writes the core file of the first process under a name you choose.</para>
/// </example>
/// <seealso cref="ExportCheckpointMemoryCommand"/>
/// <seealso cref="GetCheckpointProcessCommand"/>
[Cmdlet(VerbsData.Export, "CheckpointCoreDump", DefaultParameterSetName = PathSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low,
    HelpUri = HelpPages.Root + "Export-CheckpointCoreDump.md")]
[OutputType(typeof(CheckpointCoreDump))]
public sealed class ExportCheckpointCoreDumpCommand : MemoryExportCmdlet
{
    /// <summary>
    /// The folder to write core.ID to, created if it does not exist; for a single process, the name of the file. Default: the current
    /// location.
    /// </summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? Destination { get; set; }

    private protected override void Export(string file, MemoryExport export, IReadOnlyList<MemoryProcess> processes)
    {
        var targets = new List<(MemoryProcess Process, string Path)>();
        foreach (var process in processes)
        {
            if (FindDestination(file, Destination, $"core.{process.Id}", processes.Count == 1) is { } path
                && ShouldProcess($"core dump of process {process.Id} ({process.Name}) of '{file}' to '{path}'", "Write"))
            {
                targets.Add((process, path));
            }
        }
        var overwrite = Force.IsPresent;
        Start(file, _ => WriteAsync(file, export, targets, overwrite));
    }

    private async Task WriteAsync(string file, MemoryExport export, List<(MemoryProcess Process, string Path)> targets, bool overwrite)
    {
        using var progress = Output.OpenProgress();
        using var closing = export;
        foreach (var (process, path) in targets)
            await Output.AttemptAsync(file, () => WriteAsync(export.WriteCoreDump(process.Id, path, overwrite, progress)));
    }

    private async Task WriteAsync(CheckpointCoreDump dump)
    {
        if (dump.MissingBytes > 0)
        {
            await Output.WriteWarningAsync(
                $"{Display.Size(dump.MissingBytes)} of the memory of process {dump.ProcessId} are not in '{dump.ArchivePath}' "
                + $"and cannot be read from '{dump.Path}'.");
        }
        await Output.WriteObjectAsync(dump);
    }
}

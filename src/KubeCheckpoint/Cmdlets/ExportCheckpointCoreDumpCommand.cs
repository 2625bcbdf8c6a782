using System.Management.Automation;
using KubeCheckpoint.Archives.Exports;
using KubeCheckpoint.Formatting;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Writes ELF core files of the processes in checkpoint archives, which gdb and other debuggers open.</summary>
/// <remarks>
/// <para>One file for each process, core.ID, with all its threads and their registers (general, floating point, vector), signals,
/// auxiliary vector, mapped files and memory, private and shared. Processes of x86_64 (64-bit) and aarch64, on any host. The file
/// is readable for its owner only and appears when it is whole. It has holes: what the process never touched takes no room.</para>
/// <para>As in a core file of the kernel's, pages that are as in the mapped file are not in it. Give the debugger the files of the
/// container's image: gdb -iex 'set sysroot ./rootfs' ./rootfs/bin/program core.1. Without them gdb warns 'Can't open file', and
/// shows zeros there. Pages that are in a parent checkpoint or were left on the node cannot be read at all; MissingBytes counts
/// them.</para>
/// <para>A process that was waiting in a system call has the registers CRIU saved of it: the instruction pointer may be two bytes
/// before the return address, where the call is made again.</para>
/// </remarks>
/// <example>
/// <code>Export-CheckpointCoreDump ./cp/web.tar -Destination ./cores</code>
/// <para>Writes ./cores/core.1 and so on, one for each process.</para>
/// </example>
/// <example>
/// <code>Export-CheckpointCoreDump ./cp/web.tar -Name nginx -Destination { "./cores/web" } -Force | ForEach-Object { gdb -batch -ex 'thread apply all bt' -c $_.Path }</code>
/// <para>Writes those of nginx over what is there and shows what each of their threads was doing.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointArchive ./cp/web.tar | Export-CheckpointCoreDump -Id 1 -Destination ./web.core</code>
/// <para>Writes that of the first process under a name of your own.</para>
/// </example>
[Cmdlet(VerbsData.Export, "CheckpointCoreDump", DefaultParameterSetName = PathSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(CheckpointCoreDump))]
public sealed class ExportCheckpointCoreDumpCommand : MemoryExportCmdlet
{
    /// <summary>
    /// The folder to write core.ID into, which is made where it is not there; or, where there is one process, the name of the file.
    /// Without it: the current folder.
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
            await Output.WriteWarningAsync($"{Display.Size(dump.MissingBytes)} of the memory of process {dump.ProcessId} are not in '{dump.ArchivePath}' and cannot be read from '{dump.Path}'.");
        await Output.WriteObjectAsync(dump);
    }
}

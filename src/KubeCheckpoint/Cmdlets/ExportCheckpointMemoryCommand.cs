using System.Management.Automation;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.Exports;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Formatting;
using KubeCheckpoint.Parameters;
using KubeCheckpoint.Pipeline;

namespace KubeCheckpoint.Cmdlets;

/// <summary>Writes process memory from checkpoint archives to files, or shows it as a hexdump.</summary>
/// <remarks>
/// <para>Exports a range (-Address), the maps named by -Map, or all maps with pages in the archive. Each range becomes a file
/// memory.ID.START-END. With -AsHex the memory goes to the pipeline instead, as text in the format of xxd with addresses instead of
/// offsets.</para>
/// <para>Memory that was never written to reads as zeros. Some memory is not in the archive: unchanged pages of mapped files, pages in a
/// parent checkpoint or left on the node, and addresses where nothing is mapped. MissingBytes counts it, and a warning is shown. In a file
/// such memory is a hole that reads as zeros; in a hexdump its lines are left out.</para>
/// <note>Memory holds passwords and keys. Treat the files like Secrets. Only their owner can read them.</note>
/// </remarks>
/// <example>
/// <code>Export-CheckpointMemory ./cp/web.tar -Id 1 -Map heap, stack -Destination ./memory</code>
/// <para>Writes the heap and the stack of a process to files in a folder.</para>
/// </example>
/// <example>
/// <code>Export-CheckpointMemory ./cp/web.tar -Id 1 -Address 0x7eff37412000 -Length 4096 -Destination ./page.bin</code>
/// <para>Writes one page to a file.</para>
/// </example>
/// <example>
/// <code>Search-CheckpointMemory hunter2 ./cp/web.tar | Export-CheckpointMemory -Length 256 -AsHex</code>
/// <para>Shows the memory that follows each match.</para>
/// </example>
/// <example>
/// <code>Get-CheckpointMemoryMap ./cp/web.tar | Where-Object IsAnonymousExecutable | Export-CheckpointMemory -Destination ./suspicious</code>
/// <para>Writes the maps that hold code from no file.</para>
/// </example>
[Cmdlet(VerbsData.Export, "CheckpointMemory", DefaultParameterSetName = PathSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low,
    HelpUri = HelpPages.Root + "Export-CheckpointMemory.md")]
[NotWith(nameof(AsHex), nameof(Force))]
[OutputType(typeof(ExportedMemory), typeof(string))]
public sealed class ExportCheckpointMemoryCommand : MemoryExportCmdlet
{
    private const int LinesAtOnce = 128;

    private bool _hasLength;

    /// <summary>
    /// The folder to write to, created if it does not exist; for a single range, the name of the file. Default: the current location.
    /// </summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? Destination { get; set; }

    /// <summary>The first address of the range.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("Start")]
    [AddressTransformation]
    public ulong? Address { get; set; }

    /// <summary>The length of the range in bytes.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateRange(1, long.MaxValue)]
    public long? Length { get; set; }

    /// <summary>The address after the last byte of the range, instead of -Length.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AddressTransformation]
    public ulong? End { get; set; }

    /// <summary>
    /// The maps to export, by path or kind, such as /usr/lib/*, heap, stack, anon or shmem. Wildcards are allowed. Default: all maps with
    /// pages in the archive.
    /// </summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(MapCompleter))]
    public string[]? Map { get; set; }

    /// <summary>Writes a hexdump to the pipeline instead of files.</summary>
    [Parameter]
    public SwitchParameter AsHex { get; set; }

    private protected override void Begin()
    {
        // Files and strings that come down the pipeline have a Length too, which is none of memory.
        _hasLength = Length is not null || End is not null;
        if (AsHex && MyInvocation.BoundParameters.ContainsKey(nameof(Destination)))
            throw ParameterFailure.HexdumpWithDestination();
    }

    private protected override void Export(string file, MemoryExport export, IReadOnlyList<MemoryProcess> processes)
    {
        var range = Range();
        var targets = Wait(_ => Task.FromResult(range is { } given ? Holders(export, processes, given) : Maps(file, export, processes)));
        if (AsHex)
            Start(file, _ => DumpAsync(file, export, targets));
        else
            Write(file, export, targets);
    }

    private MemoryRange? Range()
    {
        if (Address is not { } start)
            return _hasLength ? throw ParameterFailure.MemoryRangeInvalid("-Address is missing") : null;
        if (Map is not null)
            throw ParameterFailure.MemoryRangeInvalid("-Map and -Address cannot be used together");
        var end = End ?? (Length is { } length ? start + (ulong)length : throw ParameterFailure.MemoryRangeInvalid("-Length or -End is missing"));
        if (Length is { } claimed && start + (ulong)claimed != end)
            throw ParameterFailure.MemoryRangeInvalid("-Length and -End do not agree");
        return end > start ? new MemoryRange(start, end) : throw ParameterFailure.MemoryRangeInvalid("it ends before it begins");
    }

    // Of several processes those are meant that have something there. One that was asked for alone has to say that it has not.
    private static List<(MemoryProcess, MemoryRange)> Holders(MemoryExport export, IReadOnlyList<MemoryProcess> processes, MemoryRange range)
    {
        var holders = processes.Where(process => export.HasPages(process.Id, range)).ToList();
        return (holders.Count > 0 ? holders : processes.Take(1)).Select(process => (process, range)).ToList();
    }

    private List<(MemoryProcess, MemoryRange)> Maps(string file, MemoryExport export, IReadOnlyList<MemoryProcess> processes)
    {
        var patterns = new MapPatterns(Map);
        var maps = processes.SelectMany(process => export.FindMaps(process.Id, patterns.IsMatch).Select(range => (process, range))).ToList();
        return maps.Count > 0 ? maps : throw MemoryFailure.MapNotInArchive(file, processes[0].Id, string.Join(", ", Map ?? ["*"]));
    }

    private void Write(string file, MemoryExport export, List<(MemoryProcess Process, MemoryRange Range)> targets)
    {
        var files = new List<(int ProcessId, MemoryRange Range, string Path)>();
        foreach (var (process, range) in targets)
        {
            if (FindDestination(file, Destination, $"memory.{process.Id}.{range}", targets.Count == 1) is { } path
                && ShouldProcess($"memory at {range} of process {process.Id} ({process.Name}) of '{file}' to '{path}'", "Write"))
            {
                files.Add((process.Id, range, path));
            }
        }
        var overwrite = Force.IsPresent;
        Start(file, _ => WriteAsync(file, export, files, overwrite));
    }

    private async Task WriteAsync(string file, MemoryExport export, List<(int ProcessId, MemoryRange Range, string Path)> files, bool overwrite)
    {
        using var progress = Output.OpenProgress();
        using var closing = export;
        foreach (var (processId, range, path) in files)
        {
            await Output.AttemptAsync(file, async () =>
            {
                var written = export.WriteRange(processId, range, path, overwrite, progress);
                await WarnAsync(file, processId, range, written.MissingBytes);
                await Output.WriteObjectAsync(written);
            });
        }
    }

    private async Task DumpAsync(string file, MemoryExport export, List<(MemoryProcess Process, MemoryRange Range)> targets)
    {
        using var closing = export;
        foreach (var (process, range) in targets)
        {
            await Output.AttemptAsync(file, async () =>
            {
                var lines = export.ReadHexDump(process.Id, range);
                await WarnAsync(file, process.Id, range, export.CountMissing(process.Id, range));
                foreach (var some in lines.Chunk(LinesAtOnce))
                    await Output.WriteObjectsAsync(some);
            });
        }
    }

    private async Task WarnAsync(string file, int processId, MemoryRange range, long missing)
    {
        if (missing > 0)
            await Output.WriteWarningAsync($"{Display.Size(missing)} of the memory at {range} of process {processId} are not in '{file}'.");
    }
}

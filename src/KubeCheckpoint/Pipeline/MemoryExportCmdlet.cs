using System.Globalization;
using System.Management.Automation;
using KubeCheckpoint.Archives;
using KubeCheckpoint.Archives.Exports;
using KubeCheckpoint.Completion;
using KubeCheckpoint.Parameters;

namespace KubeCheckpoint.Pipeline;

/// <summary>A cmdlet that writes the memory of processes to files.</summary>
public abstract class MemoryExportCmdlet : ArchiveCmdlet, IProcessParameters
{
    private readonly Dictionary<string, string> _written = new(StringComparer.OrdinalIgnoreCase);

    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("ProcessId", "Pid")]
    [ArgumentCompleter(typeof(ProcessIdCompleter))]
    public int[]? Id { get; set; }

    /// <inheritdoc/>
    [Parameter]
    [Alias("ProcessName")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ProcessNameCompleter))]
    public string[]? Name { get; set; }

    /// <summary>Overwrites existing files.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var file in Files())
            Attempt(file, () => Export(file));
    }

    /// <summary>
    /// Asks, and starts the work for those processes it may be done for. Runs on the pipeline thread. The work disposes of the
    /// archive; what it leaves is closed when the cmdlet ends.
    /// </summary>
    /// <param name="file">The archive's full path.</param>
    /// <param name="export">The open archive.</param>
    /// <param name="processes">Those the parameters leave: one or more, all with memory.</param>
    private protected abstract void Export(string file, MemoryExport export, IReadOnlyList<MemoryProcess> processes);

    /// <summary>
    /// Where a file goes: into the folder the user named, or under the name the user gave where there is only one. Null, and an error
    /// record, where this very command has written a file of that name before.
    /// </summary>
    /// <param name="file">The archive's full path.</param>
    /// <param name="destination">What the user named, or null for the current folder.</param>
    /// <param name="name">The file's name in a folder.</param>
    /// <param name="isOnly">Whether it is the only file.</param>
    private protected string? FindDestination(string file, string? destination, string name, bool isOnly)
    {
        var full = FullPath(destination ?? ".");
        var isFolder = !isOnly || destination is null || System.IO.Path.EndsInDirectorySeparator(destination) || Directory.Exists(full);
        var path = isFolder ? System.IO.Path.Combine(full, name) : full;
        if (_written.TryAdd(path, file))
            return path;
        WriteError(ParameterFailure.DestinationSharedByArchives(path, _written[path], file).ToErrorRecord(file));
        return null;
    }

    private void Export(string file)
    {
        var export = Own(Wait(cancellationToken => Task.FromResult(MemoryExport.Open(file, cancellationToken))));
        var processes = Choose(file, export.Processes);
        if (processes.Count > 0)
            Export(file, export, processes);
        else
            export.Dispose();
    }

    private List<MemoryProcess> Choose(string file, IReadOnlyList<MemoryProcess> all)
    {
        var filter = this.ToFilter();
        var chosen = all.Where(process => filter(process.Id, process.Name)).ToList();
        foreach (var missing in Missing(all))
            WriteError(MemoryFailure.ProcessNotInArchive(file, missing).ToErrorRecord(file));
        foreach (var zombie in chosen.Where(process => !process.HasMemory && (Id is not null || Name is not null)))
            WriteError(MemoryFailure.ProcessWithoutMemory(file, zombie.Id, zombie.Name).ToErrorRecord(file));
        return chosen.FindAll(process => process.HasMemory);
    }

    private IEnumerable<string> Missing(IReadOnlyList<MemoryProcess> all)
    {
        var ids = (Id ?? []).Where(id => !all.Any(process => process.Id == id)).Select(id => id.ToString(CultureInfo.InvariantCulture));
        var names = new WildcardNames(Name);
        foreach (var process in all)
            names.IsMatch(process.Name);
        return ids.Concat(names.Missing);
    }
}

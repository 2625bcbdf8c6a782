using KubeCheckpoint.Archives.Processes;

namespace KubeCheckpoint.Completion;

/// <summary>Completes the names of the processes in the archive.</summary>
public sealed class ProcessNameCompleter : ArchiveCompleter
{
    private protected override IEnumerable<string> List(string path, CancellationToken cancellationToken) =>
        CheckpointProcessReader.ReadNames(path, cancellationToken).Select(process => process.Name).OfType<string>().Where(name => name.Length > 0).Distinct();
}

using System.Globalization;
using KubeCheckpoint.Archives.Processes;

namespace KubeCheckpoint.Completion;

/// <summary>Completes the ids of the processes in the archive.</summary>
public sealed class ProcessIdCompleter : ArchiveCompleter
{
    private protected override IEnumerable<string> List(string path, CancellationToken cancellationToken) =>
        CheckpointProcessReader.ReadNames(path, cancellationToken).Select(process => process.Id.ToString(CultureInfo.InvariantCulture)).Distinct();
}

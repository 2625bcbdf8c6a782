using KubeCheckpoint.Archives.FileChanges;

namespace KubeCheckpoint.Completion;

/// <summary>Completes the changed files of the archive.</summary>
public sealed class FilePathCompleter : ArchiveCompleter
{
    private protected override IEnumerable<string> List(string path, CancellationToken cancellationToken) =>
        FileChangeReader.Read(path, cancellationToken).Select(change => change.Path).Distinct(StringComparer.Ordinal);
}

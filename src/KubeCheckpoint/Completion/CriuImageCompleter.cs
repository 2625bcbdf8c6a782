using KubeCheckpoint.Archives;
using KubeCheckpoint.Parameters;

namespace KubeCheckpoint.Completion;

/// <summary>Completes the CRIU images in the archive.</summary>
public sealed class CriuImageCompleter : ArchiveCompleter
{
    private protected override IEnumerable<string> List(string path, CancellationToken cancellationToken)
    {
        using var archive = ArchiveFile.Open(path);
        return [.. archive.ReadIndex(cancellationToken).Select(member => member.Name).Where(CriuImagePatterns.CanBeImage)];
    }
}

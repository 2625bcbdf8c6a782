using KubeCheckpoint.Archives;

namespace KubeCheckpoint.Completion;

/// <summary>Completes the members of the archive.</summary>
public sealed class MemberNameCompleter : ArchiveCompleter
{
    private protected override IEnumerable<string> List(string path, CancellationToken cancellationToken)
    {
        using var archive = ArchiveFile.Open(path);
        return [.. archive.ReadIndex(cancellationToken).Where(member => member.Kind == ArchiveMemberKind.File).Select(member => member.Name)];
    }
}

namespace KubeCheckpoint.Archives.FileChanges;

/// <summary>
/// Tells what is certainly new in a tar of CRI-O's or Podman's. Their common code (podman's pkg/checkpoint/crutils, CRCreateRootFsDiffTar)
/// takes what was added, folders with all that is in them, and of what was changed files only: a folder in the tar was not in the image.
/// </summary>
internal sealed class NewFolder
{
    private string? _prefix;

    /// <summary>True for a folder, and for all that follows it and lies in it.</summary>
    public bool Holds(ArchiveMember member)
    {
        if (_prefix is not null && member.Name.StartsWith(_prefix, StringComparison.Ordinal))
            return true;
        if (member.Kind != ArchiveMemberKind.Directory)
            return false;
        _prefix = member.Name + "/";
        return true;
    }
}

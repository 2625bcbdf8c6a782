using KubeCheckpoint.Images;

namespace KubeCheckpoint.Completion;

/// <summary>Completes the names of the images in the layout folder or oci-archive.</summary>
public sealed class LayoutNameCompleter : ArchiveCompleter
{
    private protected override IEnumerable<string> List(string path, CancellationToken cancellationToken) => RestoreImageCatalog.ListNames(path, cancellationToken);
}

using KubeCheckpoint.Archives.Contents;

namespace KubeCheckpoint.Archives.Checks;

/// <summary>
/// Judges a process without an image of its descriptors. CRIU creates an image with its first entry, and so writes none for a process that
/// has no descriptor.
/// </summary>
internal sealed class MissingDescriptors(CheckpointImages images, CheckReport report, CancellationToken cancellationToken)
{
    private readonly Lazy<DumpedDescriptors> _dumped = new(() => DumpedDescriptors.Read(images.Content, cancellationToken));
    private readonly Lazy<bool> _hasOrphans = new(() => FileReferences.HaveOrphans(images));

    /// <param name="process">The process.</param>
    /// <param name="member">The image that it does not have.</param>
    public void Check(uint process, string member)
    {
        var had = _dumped.Value.Had(process);
        if (had == true || _hasOrphans.Value)
            report.Error("MissingImage", member, $"Process {process} has no image of its descriptors.");
        else if (had is null)
            report.Warning("MissingImage", member, $"Process {process} has no image of its descriptors: it had none, or the image is missing.");
    }
}


namespace KubeCheckpoint.Images.Conversion;

/// <summary>
/// What was in /dev/shm, which Podman keeps beside the images (devshm-checkpoint.tar) and neither CRI-O nor containerd puts back. It becomes
/// the content of a tmpfs of the container's own, which CRIU restores itself; the container then does not share /dev/shm with its pod.
/// </summary>
internal static class SharedMemory
{
    private const string MemberName = "devshm-checkpoint.tar";

    /// <summary>Whether there is anything to be put back that the target would not.</summary>
    public static bool HasContent(ConversionSource source) =>
        source.Target != CheckpointEngine.Podman && source.Content.Find(MemberName) is { } member && !ConversionCheck.IsEmptyTar(source, member);

    /// <summary>Writes it as the content of a tmpfs.</summary>
    public static void Apply(ConversionSource source, uint device, OverlayWriter overlay, CancellationToken cancellationToken)
    {
        using var data = source.Content.OpenMember(source.Content.Find(MemberName)!);
        overlay.Add(MountConversion.TemporaryFileSystem(device), image => StoredGzip.Write(data, image, cancellationToken));
    }
}

namespace KubeCheckpoint.Images.Conversion;

/// <summary>
/// The content of /dev/shm, which Podman stores beside the CRIU images (devshm-checkpoint.tar) and neither CRI-O nor containerd restores. It
/// becomes the content of a tmpfs, which CRIU restores itself; the container then does not share /dev/shm with its pod.
/// </summary>
internal static class SharedMemory
{
    private const string MemberName = "devshm-checkpoint.tar";

    /// <summary>Whether there is content that the target would not restore.</summary>
    public static bool HasContent(ConversionSource source) =>
        source.Target != CheckpointEngine.Podman && source.Content.Find(MemberName) is { } member && !ConversionCheck.IsEmptyTar(source, member);

    /// <summary>Writes the content as that of a tmpfs.</summary>
    public static void Apply(ConversionSource source, uint device, OverlayWriter overlay, CancellationToken cancellationToken)
    {
        using var data = source.Content.OpenMember(source.Content.Find(MemberName)!);
        overlay.Add(MountConversion.TemporaryFileSystem(device), image => StoredGzip.Write(data, image, cancellationToken));
    }
}

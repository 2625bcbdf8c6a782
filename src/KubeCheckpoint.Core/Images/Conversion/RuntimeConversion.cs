namespace KubeCheckpoint.Images.Conversion;

/// <summary>Makes an archive of one runtime restorable by another.</summary>
internal static class RuntimeConversion
{
    /// <summary>The members to put over the archive's, or null where the runtime that wrote it is to restore it.</summary>
    /// <exception cref="KubeCheckpointException">RuntimeConversionUnsupported.</exception>
    public static OverlayLayer? Build(CheckpointArchive archive, CheckpointEngine targetRuntime, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return targetRuntime == archive.Engine ? null : throw ImageFailure.RuntimeConversionUnsupported(archive.Path, archive.Engine, targetRuntime);
    }
}

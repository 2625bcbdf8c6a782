namespace KubeCheckpoint.Images.Layers;

/// <summary>Failures to read an archive as the layer of an image.</summary>
internal static class LayerFailure
{
    /// <summary>The archive changed while it was read.</summary>
    public static KubeCheckpointException ArchiveChangedWhileReading(string archive) => new(
        nameof(ArchiveChangedWhileReading), FailureCategory.ResourceBusy, archive,
        $"'{archive}' has changed since it was first read.",
        "Wait until no other process writes to the archive, and try again.");

    /// <summary>The archive could not be compressed for the image.</summary>
    public static KubeCheckpointException LayerNotCompressed(string archive, string folder, Exception inner) => new(
        nameof(LayerNotCompressed), FailureCategory.WriteError, archive,
        $"'{archive}' could not be compressed into a temporary file in '{folder}': {inner.Message}",
        "Free some space there, or set TMPDIR (TEMP on Windows) to another folder, or leave out New-RestoreImage -Compression.", inner);
}

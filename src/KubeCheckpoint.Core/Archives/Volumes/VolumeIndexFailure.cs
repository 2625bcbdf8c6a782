namespace KubeCheckpoint.Archives.Volumes;

/// <summary>Failures to read the list of the volumes beside an archive.</summary>
internal static class VolumeIndexFailure
{
    /// <summary>The list of the volumes is damaged or cannot be read.</summary>
    public static KubeCheckpointException VolumeIndexInvalid(string path, string message, Exception? inner = null) => new(
        nameof(VolumeIndexInvalid), FailureCategory.InvalidData, path,
        $"'{path}' does not list volumes: {message}",
        "Save it again with Save-CheckpointArchive -IncludeVolumes -Force, or remove the file to use the archive without volumes.", inner);
}

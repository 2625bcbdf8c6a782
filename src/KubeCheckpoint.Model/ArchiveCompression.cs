namespace KubeCheckpoint;

/// <summary>How a checkpoint archive is compressed as a whole.</summary>
public enum ArchiveCompression
{
    /// <summary>A plain tar, as CRI-O and containerd write it.</summary>
    None,

    /// <summary>gzip.</summary>
    Gzip,

    /// <summary>Zstandard, Podman's default.</summary>
    Zstd,
}

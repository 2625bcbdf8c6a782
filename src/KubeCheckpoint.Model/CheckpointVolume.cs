namespace KubeCheckpoint;

/// <summary>The content of a volume, kept beside an archive as a tar.</summary>
public sealed record CheckpointVolume
{
    /// <summary>The name of the volume in the pod's manifest; <c>dev-shm</c> for /dev/shm.</summary>
    public required string Name { get; init; }

    /// <summary>The kind of the volume.</summary>
    public required CheckpointVolumeKind Kind { get; init; }

    /// <summary>The full path of the tar.</summary>
    public required string Path { get; init; }

    /// <summary>The size of the tar in bytes.</summary>
    public required long Size { get; init; }

    /// <summary>The sha256 of the tar, in lower-case hexadecimal digits.</summary>
    public required string Sha256 { get; init; }

    /// <summary>The size of the files in it, in bytes, without the holes of sparse files.</summary>
    public required long ContentSize { get; init; }

    /// <summary>When the copy was complete, by this machine's clock.</summary>
    public required DateTimeOffset CopiedAt { get; init; }

    /// <summary>
    /// The time from the request of the checkpoint to the end of the copy: what the container wrote in this time may be in the copy, but is not
    /// in the archive. Null if the time of the checkpoint is not known.
    /// </summary>
    public TimeSpan? Delay { get; init; }

    /// <summary>True if the tar has extended attributes, sparse files or long names, which only GNU tar restores.</summary>
    public bool RequiresGnuTar { get; init; }

    /// <summary>What could not be kept, such as sockets and, without GNU tar in the helper image, extended attributes.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>The sha256 of the archive that the copy belongs to, in lower-case hexadecimal digits.</summary>
    public required string ArchiveSha256 { get; init; }

    /// <summary>The name.</summary>
    public override string ToString() => TerminalText.Line(Name);
}

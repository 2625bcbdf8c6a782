namespace KubeCheckpoint;

/// <summary>The summary of a checkpoint archive, read from its headers and small members, never from memory pages.</summary>
public sealed record CheckpointArchive
{
    /// <summary>The full path of the archive or folder.</summary>
    public required string Path { get; init; }

    /// <summary>The engine that wrote it, or null for CRIU images without config.dump and spec.dump.</summary>
    public CheckpointEngine? Engine { get; init; }

    /// <summary>The pod's namespace, or null for an archive of Podman.</summary>
    public string? Namespace { get; init; }

    /// <summary>The pod's name, or null for an archive of Podman.</summary>
    public string? PodName { get; init; }

    /// <summary>The container's name in its pod; for Podman the container's own name. Null for CRIU images without config.dump and spec.dump.</summary>
    public string? ContainerName { get; init; }

    /// <summary>The container's id in the runtime: 64 hexadecimal digits.</summary>
    public string? ContainerId { get; init; }

    /// <summary>The pod's uid, or null for an archive of Podman.</summary>
    public string? PodUid { get; init; }

    /// <summary>The image as the user asked for it.</summary>
    public string? Image { get; init; }

    /// <summary>The image as the runtime resolved it: an image id (CRI-O, Podman) or name@digest (containerd).</summary>
    public string? ImageId { get; init; }

    /// <summary>The OCI runtime, such as <c>runc</c>, <c>crun</c> or <c>io.containerd.runc.v2</c>.</summary>
    public string? Runtime { get; init; }

    /// <summary>The user that the container was created for, as <c>UID:GID</c>, or null where the archive does not say.</summary>
    public string? User { get; init; }

    /// <summary>When the container was created.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>When the checkpoint was taken, or null where the archive does not say.</summary>
    public DateTimeOffset? CheckpointedAt { get; init; }

    /// <summary>The pod's address at that time, or null where the archive does not say.</summary>
    public string? PodIP { get; init; }

    /// <summary>How the archive is compressed.</summary>
    public required ArchiveCompression Compression { get; init; }

    /// <summary>The file's size in bytes; of a folder, that of all files in it.</summary>
    public required long Size { get; init; }

    /// <summary>The size of the memory pages in the archive, in bytes: the sum of its <c>pages-*.img</c>.</summary>
    public required long MemorySize { get; init; }

    /// <summary>The size of <c>rootfs-diff.tar</c> in the archive, in bytes; 0 where there is none.</summary>
    public required long RootFsDiffSize { get; init; }

    /// <summary>The architecture by its OCI name, such as <c>amd64</c> or <c>arm64</c>, or null where no core image names it.</summary>
    public string? Architecture { get; init; }

    /// <summary>What a restore of the container needs, or null where the archive does not say.</summary>
    public RestoreNeeds? Needs { get; init; }

    /// <summary>The pod's manifest at the time of the checkpoint, from the file beside the archive; null where there is none.</summary>
    public PodManifest? PodManifest { get; init; }

    /// <summary>The volumes whose content is kept beside the archive, by Save-CheckpointArchive -IncludeVolumes.</summary>
    public IReadOnlyList<CheckpointVolume> Volumes { get; init; } = [];

    /// <summary>The path.</summary>
    public override string ToString() => Path;
}

namespace KubeCheckpoint;

/// <summary>A mount of a checkpointed container.</summary>
public sealed record CheckpointMount
{
    /// <summary>The archive's full path.</summary>
    public required string ArchivePath { get; init; }

    /// <summary>The kernel's id of the mount, as in <c>/proc/PID/mountinfo</c>.</summary>
    public required long MountId { get; init; }

    /// <summary>The id of its parent mount. The parent of the root mount is not in the archive.</summary>
    public required long ParentId { get; init; }

    /// <summary>Where it is mounted, as the container sees it.</summary>
    public required string MountPoint { get; init; }

    /// <summary>
    /// The file system, such as <c>overlay</c>, <c>tmpfs</c> or <c>proc</c>. CRIU does not name what it need not dump, such as the
    /// ext4 behind a bind mount: then it is what dump.log says, and null where that is missing (Podman).
    /// </summary>
    public string? Type { get; init; }

    /// <summary>What is mounted: a device, or a name the file system chooses.</summary>
    public required string Source { get; init; }

    /// <summary>Which folder or file of the file system is mounted: <c>/</c>, or the source of a bind mount within the file system.</summary>
    public required string Root { get; init; }

    /// <summary>The options of the mount, as in <c>/proc/PID/mountinfo</c>: <c>rw</c>, <c>nosuid</c>, <c>relatime</c>.</summary>
    public required IReadOnlyList<string> Options { get; init; }

    /// <summary>The options of the file system itself: <c>rw</c>, <c>size=65536k</c>, <c>lowerdir=...</c>.</summary>
    public required IReadOnlyList<string> FileSystemOptions { get; init; }

    /// <summary>Its propagation, as findmnt shows it: <c>private</c>, <c>shared</c>, <c>slave</c>, <c>shared,slave</c>, <c>unbindable</c>.</summary>
    public required string Propagation { get; init; }

    /// <summary>The peer group it shares mounts with, or null.</summary>
    public long? SharedId { get; init; }

    /// <summary>The peer group it receives mounts from, or null.</summary>
    public long? MasterId { get; init; }

    /// <summary>The name the runtime gave CRIU for a mount from outside the container, or null.</summary>
    public string? ExternalKey { get; init; }

    /// <summary>True where what is mounted comes from outside the container, and is therefore not in the archive.</summary>
    public bool IsExternal { get; init; }

    /// <summary>True where the mount or its file system is read-only.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>True where the folder or file that is mounted had been deleted.</summary>
    public bool Deleted { get; init; }

    /// <summary>Its source on the node according to spec.dump, such as the path of a Kubernetes volume. Null where it is not a bind mount.</summary>
    public string? HostPath { get; init; }

    /// <summary>The device of the file system, <c>major:minor</c>.</summary>
    public required string Device { get; init; }

    /// <summary>CRIU's number of the mount namespace.</summary>
    public required long MountNamespace { get; init; }

    /// <summary>The mount point.</summary>
    public override string ToString() => TerminalText.Line(MountPoint);
}
